"""Verbs on what starts the pipeline by itself."""

from datetime import timedelta

import click

from shipway.cli import words
from shipway.cli.session import Session, session, settings, verb
from shipway.cli.verbs.executions import BY
from shipway.domain.pipeline import CauseKind
from shipway.domain.units import format_duration
from shipway.ports.trigger import TriggerView


@click.group(invoke_without_command=True)
@settings
@click.pass_context
def triggers(ctx: click.Context, /, **_: object) -> None:
    """List what starts the pipeline by itself.

    Each trigger with what it looks at, when it comes next, what waits and why, and what it started last.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = here.target().triggers.list()
    headers = ("trigger", "watches", "one run for all within", "next", "waiting", "debounced", "last")
    rows = [
        (
            each.kind.value if each.enabled else f"{each.kind.value} (off)",
            each.watches,
            _within(each),
            words.moment(each.next),
            str(each.waiting),
            str(each.debounced),
            f"{words.moment(each.last.at)} {each.last.execution}" if each.last else "-",
        )
        for each in found
    ]
    here.table(found, headers, rows, "there are no triggers")
    for each in found:
        if each.why:
            here.note(f"{each.kind.value}: {each.why}")


@triggers.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@verb
def history(session: Session, limit: int) -> None:
    """List the executions that triggers started.

    The newest comes first, each with how many events became one, and how it ended.
    """
    found = session.target().triggers.history(limit)
    rows = [
        (
            each.execution or "-",
            each.kind.value,
            words.moment(each.at),
            str(each.events),
            each.outcome or "-",
            each.reason,
        )
        for each in found
    ]
    headers = ("execution", "trigger", "at", "events", "outcome", "reason")
    session.table(found, headers, rows, "no trigger has started anything yet")


@triggers.command("install-hook")
@verb
def install_hook(session: Session) -> None:
    """Install git hooks that tell of commits and pushes at once.

    Without them the repository is looked at every few seconds. A push to the checked out branch then also updates the
    project's files, where they have no changes of their own. A hook that somebody else wrote is left alone.
    """
    made = session.target().triggers.install_hook()
    session.show(list(made), "\n".join(made))


@click.command()
@click.argument("kind", type=click.Choice(["source", "data"]))
@BY
@verb
def trigger(session: Session, kind: str, by: str) -> None:
    """Tell that the source or the data has changed.

    For hooks and scripts: nothing needs to run, the event is kept. Events within the trigger's quiet time are one
    execution; a commit that is known already starts nothing.
    """
    news = session.target().triggers.tell(CauseKind(kind), by=by)
    said = "noted: it starts an execution once it has been quiet" if news else "nothing new since the last look"
    session.show({"kind": kind, "new": news}, said)


def _within(view: TriggerView) -> str:
    """Return how events become one execution: the quiet time, and the distance where there is one."""
    parts = [format_duration(view.quiet)] if view.quiet else []
    if view.distance > timedelta(0):
        parts.append(f"at most one in {format_duration(view.distance)}")
    return ", ".join(parts) or "-"
