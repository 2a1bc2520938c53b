"""Verbs on executions: start the pipeline, look at its runs, stop and retry them."""

import click

from shipway.cli import tree, words
from shipway.cli.follow import follow as watch
from shipway.cli.question import question
from shipway.cli.session import Session, session, settings, verb
from shipway.domain.pipeline import Cause, Execution
from shipway.ports.target import Target

WHICH = click.argument("execution", default="latest", metavar="[ID]")
FOLLOW = click.option("--follow", "-f", is_flag=True, help="Watch until it ends; Ctrl-C only stops the watching.")
BY = click.option("--by", metavar="NAME", default=words.login, show_default="your login name", help="Who does this.")


@click.command()
@click.option(
    "--follow/--detach", default=True, help="Watch until it ends, or only start it.  [default: --follow]"
)  # fmt: skip
@click.option("--until-asked", is_flag=True, help="Watch until it ends or a person has to decide.")
@click.option("--reason", metavar="TEXT", default="", help="Why, for the record.")
@BY
@verb
def start(session: Session, follow: bool, until_asked: bool, reason: str, by: str) -> None:
    """Start the pipeline on the project.

    The project is taken as it is now; what must run is started first. The run waits behind a running one, and
    supersedes an older one that still waits. With --follow the exit code is 3 when it failed, 5 when it was stopped
    or superseded.
    """
    target = session.target()
    session.wake(target)
    execution = target.start(Cause(by=by, reason=reason))
    if follow:
        watch(session, target, execution.id, until_asked=until_asked)
        return
    text = (
        f"started {execution.id} ({execution.status.value})\nwatch it: shipway executions show {execution.id} --follow"
    )
    session.show(execution, text)


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@settings
@click.pass_context
def executions(ctx: click.Context, /, limit: int, **_: object) -> None:
    """List runs; show, stop or retry one.

    The newest comes first.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = here.target().executions(limit)
    rows = [
        (
            each.id,
            each.status.value,
            next((stage.name for stage in reversed(each.stages) if stage.started), "-"),
            words.moment(each.started),
            words.between(each.started, each.ended, here.now()),
            f"{each.cause.kind.value} {each.cause.by}".strip(),
        )
        for each in found
    ]
    here.table(found, ("id", "status", "stage", "started", "time", "cause"), rows, "no execution yet: shipway start")


@executions.command()
@WHICH
@FOLLOW
@verb
def show(session: Session, execution: str, follow: bool) -> None:
    """Draw one run as a tree.

    Its stages and the state machine's states, how each stands and how long it took; what a person who must decide
    should know. Without ID it is the newest run.
    """
    target = session.target()
    if follow:
        watch(session, target, execution)
        return
    found = target.execution(execution)
    if session.live:
        from rich.console import Console  # noqa: PLC0415  rich is for terminals alone

        Console().print(tree.coloured(found, session.now()))
        click.echo(_wanted(target, found), nl=False)
        return
    session.show(found, f"{tree.plain(found, session.now())}\n{_wanted(target, found)}".rstrip())


def _wanted(target: Target, execution: Execution) -> str:
    """Return what a person is asked about this run, "" while nobody is."""
    return question(target.approval(execution.id)) if execution.asks else ""


@executions.command()
@WHICH
@BY
@click.option("--reason", metavar="TEXT", default="", help="Why, for the record.")
@verb
def stop(session: Session, execution: str, by: str, reason: str) -> None:
    """Stop one run and what it has started. Without ID it is the newest."""
    target = session.target()
    found = target.execution(execution)
    target.stop(found.id, by=by, reason=reason)
    stopped = target.execution(found.id)
    session.show(stopped, f"{stopped.id} {stopped.status.value}")


@executions.command()
@WHICH
@BY
@FOLLOW
@verb
def retry(session: Session, execution: str, by: str, follow: bool) -> None:
    """Go on from the stage that failed or was stopped. Without ID it is the newest run."""
    target = session.target()
    found = target.execution(execution)
    target.retry(found.id, by=by)
    session.wake(target)
    if follow:
        watch(session, target, found.id)
        return
    session.show(target.execution(found.id), f"{found.id} goes on: shipway executions show {found.id} --follow")
