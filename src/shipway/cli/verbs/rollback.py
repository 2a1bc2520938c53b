"""Verbs that look back: an earlier release, and where a prediction came from."""

import click

from shipway.cli import words
from shipway.cli.follow import follow as watch
from shipway.cli.session import Session, verb
from shipway.cli.table import facts
from shipway.cli.verbs.executions import BY
from shipway.cli.verbs.releases import pairs
from shipway.domain.approval import Approval


@click.command()
@click.option("--to", type=click.IntRange(min=1), metavar="RELEASE", help="Any release that has been live.")
@click.option("--follow/--detach", default=True, help="Watch until it ends, or only start it.  [default: --follow]")
@click.option("--reason", metavar="TEXT", default="", help="Why, for the record.")
@BY
@verb
def rollback(session: Session, to: int | None, follow: bool, reason: str, by: str) -> None:
    """Give all traffic to an earlier release, at once.

    Without --to it is the release that was live before; while a deployment is under way, the one that is live. A
    deployment under way is aborted, a training goes on. No request fails for it.
    """
    target = session.target()
    execution = target.rollback(to, by=by, reason=reason)
    if follow:
        watch(session, target, execution.id)
        return
    text = f"rolling back to release {execution.release}: shipway executions show {execution.id} --follow"
    session.show(execution, text)


@click.command()
@click.argument("inference")
@verb
def why(session: Session, inference: str) -> None:
    """Say where a prediction came from.

    INFERENCE is the x-inference-id of an answer: its release, model, image, data, commit, approval and verdict.
    """
    found = session.target().trace(inference)
    told = [("inference", found.inference), *pairs(found.release), *_said(found.approval)]
    session.show(found, facts(told))


def _said(approval: Approval | None) -> list[tuple[str, str]]:
    if approval is None or approval.decided is None:
        return []
    comment = f": {approval.comment}" if approval.comment else ""
    return [("approval", f"{approval.status.value} by {approval.by} at {words.moment(approval.decided)}{comment}")]
