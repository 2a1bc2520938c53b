"""Verbs on approvals: a person's yes or no to the release that was shown."""

from collections.abc import Callable
from typing import Any

import click

from shipway.cli.follow import follow as watch
from shipway.cli.session import Session, verb
from shipway.cli.verbs.executions import BY, FOLLOW, WHICH
from shipway.domain.approval import Decision


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what both verbs ask for."""
    help_shown = "Digest of the release that you looked at; refused when another one waits by now."
    for option in (
        FOLLOW,
        click.option("--shown", metavar="DIGEST", default="", help=help_shown),
        click.option("--comment", metavar="TEXT", default="", help="Why, for the record."),
        BY,
        WHICH,
    ):
        function = option(function)
    return function


@click.command()
@_options
@verb
def approve(session: Session, execution: str, follow: bool, **said: str) -> None:
    """Let the waiting release go to production.

    Without ID it is the release of the newest run.
    """
    _decide(session, execution, follow, Decision(approve=True, **said))


@click.command()
@_options
@verb
def reject(session: Session, execution: str, follow: bool, **said: str) -> None:
    """Keep the waiting release out of production.

    Without ID it is the release of the newest run.
    """
    _decide(session, execution, follow, Decision(approve=False, **said))


def _decide(session: Session, execution: str, follow: bool, decision: Decision) -> None:
    target = session.target()
    approval = target.decide(execution, decision)
    session.wake(target)
    comment = f": {approval.comment}" if approval.comment else ""
    text = f"release {approval.release} of {approval.execution} {approval.status.value} by {approval.by}{comment}"
    if follow:
        session.line({"approval": approval}, text)
        watch(session, target, approval.execution)
        return
    session.show(approval, text)
