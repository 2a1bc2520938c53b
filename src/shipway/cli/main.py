"""The command `shipway`: verbs by name, and what an error looks like."""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Any

import click

from shipway import __version__
from shipway.cli.lazy import LazyGroup, Place
from shipway.cli.session import World, settings
from shipway.domain.errors import ShipwayError
from shipway.domain.project import ProjectInvalid
from shipway.ports.document import document

INTERRUPTED = 130
VERBS = "shipway.cli.verbs"
PLACES = {
    "init": Place(f"{VERBS}.project:init", "Make a new project in the folder NAME."),
    "check": Place(f"{VERBS}.project:check", "Check the project, all problems at once."),
    "workflow": Place(f"{VERBS}.project:workflow", "Print the training state machine."),
    "build": Place(f"{VERBS}.project:build", "Build the project's images."),
    "run": Place(f"{VERBS}.run:run", "Run one program of the project's image here."),
    "up": Place(f"{VERBS}.machine:up", "Start what must always run."),
    "down": Place(f"{VERBS}.machine:down", "Stop everything, nothing is lost."),
    "start": Place(f"{VERBS}.executions:start", "Start the pipeline on the project."),
    "executions": Place(f"{VERBS}.executions:executions", "List runs; show, stop or retry one."),
    "approve": Place(f"{VERBS}.approvals:approve", "Let the waiting release go to production."),
    "reject": Place(f"{VERBS}.approvals:reject", "Keep the waiting release out of production."),
    "deployments": Place(f"{VERBS}.deployments:deployments", "List production deployments."),
    "promote": Place(f"{VERBS}.deployments:promote", "Give a held deployment all traffic."),
    "pause": Place(f"{VERBS}.deployments:pause", "Stop a deployment where it is."),
    "resume": Place(f"{VERBS}.deployments:resume", "Let a paused deployment go on."),
    "hold": Place(f"{VERBS}.deployments:hold", "Make a deployment wait for your word."),
    "extend": Place(f"{VERBS}.deployments:extend", "Let a deployment bake once more as long."),
    "abort": Place(f"{VERBS}.deployments:abort", "Send all traffic back to the old version."),
    "rollback": Place(f"{VERBS}.rollback:rollback", "Give all traffic to an earlier release, at once."),
    "releases": Place(f"{VERBS}.releases:releases", "List releases; show, export or import one."),
    "why": Place(f"{VERBS}.rollback:why", "Say where a prediction came from."),
    "audit": Place(f"{VERBS}.audit:audit", "List who did what; check that nobody changed the list."),
    "alarms": Place(f"{VERBS}.alarms:alarms", "List the alarms of the project; show one, its history, switch one off."),
    "metrics": Place(f"{VERBS}.metrics:metrics", "List the metrics of the project; show how one went."),
    "notices": Place(
        f"{VERBS}.notices:notices", "List what people were told; show one, or try whether it reaches them."
    ),
    "triggers": Place(f"{VERBS}.triggers:triggers", "List what starts the pipeline by itself."),
    "trigger": Place(f"{VERBS}.triggers:trigger", "Tell that the source or the data has changed."),
    "capture": Place(f"{VERBS}.capture:capture", "What production was asked and what it answered."),
    "drift": Place(f"{VERBS}.drift:drift", "Show whether production's data has drifted."),
    "labels": Place(f"{VERBS}.labels:labels", "Tell what really happened."),
    "quality": Place(f"{VERBS}.labels:quality", "Show how good the model's answers were, as far as labels tell."),
    "plan": Place(
        f"{VERBS}.cloud:plan", "Say what apply would do on AWS: resources, permissions, cost, what could get stuck."
    ),
    "apply": Place(f"{VERBS}.cloud:apply", "Make the project's stacks on AWS, or bring them up to date."),
    "destroy": Place(f"{VERBS}.cloud:destroy", "Take the project away from AWS."),
    "template": Place(f"{VERBS}.cloud:template", "The template that SageMaker Studio offers for new projects."),
    "image": Place(f"{VERBS}.cloud:image", "The project's images as AWS runs them."),
    "invoke": Place(f"{VERBS}.api:invoke", "Ask the production API."),
    "keys": Place(f"{VERBS}.api:keys", "Keys of the API's clients."),
    "people": Place(f"{VERBS}.people:people", "List people; let one in, change or remove one."),
    "tokens": Place(f"{VERBS}.people:tokens", "List API tokens; make or end one."),
    "data": Place(f"{VERBS}.data:data", "The data that models are trained on."),
    "batch": Place(f"{VERBS}.batch:batch", "Answers for many records at once."),
    "scaling": Place(f"{VERBS}.scaling:scaling", "Show how endpoints follow their load."),
    "jobs": Place(f"{VERBS}.jobs:jobs", "List jobs."),
    "logs": Place(f"{VERBS}.jobs:logs", "Print what a program wrote."),
    "completion": Place(f"{VERBS}.completion:completion", "Print what completes verbs and options in a shell."),
    "doctor": Place(f"{VERBS}.machine:doctor", "Say what is missing on this machine."),
    "drill": Place(f"{VERBS}.drill:drill", "Deploy broken releases and see them found."),
    "demo": Place("shipway.cli.demo:demo", "Run an example from an empty folder to an answering production API."),
    "control": Place(f"{VERBS}.machine:control", ""),
}


@click.group(cls=LazyGroup, places=PLACES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shipway")
@settings
def shipway(**_: Any) -> None:
    """Build a model and launch it safely.

    Exit codes: 0 done, 1 a bug, 2 usage or definition, 3 a gate or check failed, 4 not found, 5 conflict,
    130 interrupted.
    """


def main(arguments: Sequence[str] | None = None, world: World | None = None) -> int:
    """Run one call and return its exit code.

    arguments: without the program's name; None reads the process's own.
    world: what it has from outside; None is the real one.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json, stdout = "--json" in words, sys.stdout
    try:
        result = shipway.main(words, prog_name="shipway", standalone_mode=False, obj=world or World())
    except ShipwayError as error:
        return _refuse(error, as_json)
    except click.ClickException as error:
        return _misuse(error, as_json)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit as end:
        # When whoever read has gone (shipway logs | head), click replaces the streams and ends; nobody's mistake.
        return 0 if sys.stdout is not stdout else _code(end)
    except Exception:  # noqa: BLE001  the last line of defence: a person gets a sentence, the developer a file
        return _bug(as_json)
    return result if isinstance(result, int) else 0


def _code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else int(end.code is not None)


def _refuse(error: ShipwayError, as_json: bool) -> int:
    """Tell an error that people can do something about."""
    if os.environ.get("SHIPWAY_DEBUG") == "1":
        traceback.print_exception(error)
    more = {"problems": document(error.problems)} if isinstance(error, ProjectInvalid) else {}
    return _tell(type(error).__name__, (str(error), error.remedy), error.exit_code, as_json, **more)


def _misuse(error: click.ClickException, as_json: bool) -> int:
    """Tell that the command line itself is wrong."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return 2
    hint = "see shipway --help"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"see {error.ctx.command_path} --help"
    return _tell("Usage", (error.format_message(), hint), 2, as_json)


def _bug(as_json: bool) -> int:
    """Tell that Shipway is wrong, in one line; the traceback goes to a file, or to the screen when asked for."""
    kind, error, _ = sys.exc_info()
    if os.environ.get("SHIPWAY_DEBUG") == "1":
        traceback.print_exc()
    with tempfile.NamedTemporaryFile("w", prefix="shipway-bug-", suffix=".txt", delete=False) as file:
        traceback.print_exc(file=file)
    message = f"a bug in Shipway: {kind.__name__ if kind else ''}: {error}"
    return _tell("Bug", (message, f"report it with the file {file.name}"), 1, as_json)


def _tell(kind: str, sentences: tuple[str, str], code: int, as_json: bool, **more: object) -> int:
    """Print what is wrong and what to do next on standard error, and return the exit code."""
    message, hint = sentences
    if as_json:
        told = {"error": {"kind": kind, "message": message, "hint": hint, "exit_code": code, **more}}
        click.echo(json.dumps(told, ensure_ascii=False), err=True)
        return code
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
