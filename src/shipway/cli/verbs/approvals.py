"""Verbs on approvals: a person's yes or no to the release that was shown."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from shipway.cli.follow import follow as watch
from shipway.cli.question import question
from shipway.cli.session import Session, verb
from shipway.cli.verbs.executions import BY, FOLLOW, WHICH
from shipway.domain.approval import Approval, ApprovalStatus, Decision


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what both verbs ask for."""
    help_shown = "Digest of the release that you looked at; refused when another one waits by now."
    for option in (
        FOLLOW,
        click.option("--yes", is_flag=True, help="Do not show and ask before; a terminal is asked, a script never is."),
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
def approve(session: Session, execution: str, follow: bool, yes: bool, **said: str) -> None:
    """Let the waiting release go to production.

    At a terminal it shows what speaks for the release and asks once more. Without ID it is the release of the newest
    run.
    """
    _decide(session, execution, Decision(approve=True, **said), follow=follow, ask=not yes)


@click.command()
@_options
@verb
def reject(session: Session, execution: str, follow: bool, yes: bool, **said: str) -> None:
    """Keep the waiting release out of production.

    At a terminal it shows the release and asks once more. Without ID it is the release of the newest run.
    """
    _decide(session, execution, Decision(approve=False, **said), follow=follow, ask=not yes)


def _decide(session: Session, execution: str, decision: Decision, *, follow: bool, ask: bool) -> None:
    target = session.target()
    if ask and not session.json and sys.stdin.isatty():
        decision = _asked(target.approval(execution), decision)
    approval = target.decide(execution, decision)
    session.wake(target)
    if approval.status is ApprovalStatus.PENDING:
        left = approval.needed - len(approval.votes)
        session.show(approval, f"release {approval.release} needs {left} more yes, from somebody else")
        return
    comment = f": {approval.comment}" if approval.comment else ""
    text = f"release {approval.release} of {approval.execution} {approval.status.value} by {approval.by}{comment}"
    if follow:
        session.line({"approval": approval}, text)
        watch(session, target, approval.execution)
        return
    session.show(approval, text)


def _asked(approval: Approval, decision: Decision) -> Decision:
    """Return the decision bound to what was shown just now; ends the call when the person does not mean it."""
    click.echo(question(approval), err=True)
    click.confirm("Approve it?" if decision.approve else "Reject it?", abort=True, err=True)
    return replace(decision, shown=decision.shown or approval.digest)
