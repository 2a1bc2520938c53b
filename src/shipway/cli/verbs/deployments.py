"""Verbs on production deployments: look at them, stop one, take one back, let a held one go on."""

from datetime import datetime

import click

from shipway.cli import words
from shipway.cli.session import Session, verb
from shipway.cli.verbs.executions import BY
from shipway.ports.target import DeploymentView

WHICH = click.argument("deployment", default="latest", metavar="[ID]")


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@verb
def deployments(session: Session, limit: int) -> None:
    """List production deployments.

    The newest comes first, each with its traffic and the verdict so far.
    """
    found = session.target().deployments(limit)
    headers = ("id", "release", "phase", "traffic", "answers", "time", "verdict")
    session.table(
        found, headers, [_row(each, session.now()) for each in found], "nothing was deployed to production yet"
    )


@click.command()
@WHICH
@BY
@verb
def abort(session: Session, deployment: str, by: str) -> None:
    """Send all traffic back to the old version.

    Works in every phase, and is safe to repeat. Without ID it is the newest deployment.
    """
    session.target().abort(deployment, by=by)
    _show(session, deployment)


@click.command()
@WHICH
@BY
@verb
def promote(session: Session, deployment: str, by: str) -> None:
    """Give a held deployment all traffic.

    It is your word where the verdict was inconclusive. Without ID it is the newest deployment.
    """
    session.target().promote(deployment, by=by)
    _show(session, deployment)


@click.command()
@WHICH
@BY
@verb
def pause(session: Session, deployment: str, by: str) -> None:
    """Stop a deployment where it is.

    Its traffic stays as it is and its clocks stand still until you resume it; errors still send it back. Without ID it
    is the newest deployment.
    """
    session.target().pause(deployment, by=by)
    _show(session, deployment)


@click.command()
@WHICH
@BY
@verb
def resume(session: Session, deployment: str, by: str) -> None:
    """Let a paused deployment go on.

    It goes on where it stopped. Without ID it is the newest deployment.
    """
    session.target().resume(deployment, by=by)
    _show(session, deployment)


@click.command()
@WHICH
@BY
@verb
def hold(session: Session, deployment: str, by: str) -> None:
    """Make a deployment wait for your word.

    It goes on taking its share of the requests, and gets no more until you promote it. Without ID it is the newest
    deployment.
    """
    session.target().hold(deployment, by=by)
    _show(session, deployment)


@click.command()
@WHICH
@BY
@verb
def extend(session: Session, deployment: str, by: str) -> None:
    """Let a deployment bake once more as long.

    For one that bakes or is held. Without ID it is the newest deployment.
    """
    session.target().extend(deployment, by=by)
    _show(session, deployment)


def _show(session: Session, deployment: str) -> None:
    """Print one deployment as it stands after what was asked."""
    found = session.target().deployments(100)
    now = next(each for each in found if deployment in ("latest", each.id))
    session.show(now, f"{now.id} {now.phase}: {now.sentence}" if now.sentence else f"{now.id} {now.phase}")


def _row(view: DeploymentView, now: datetime) -> tuple[str, ...]:
    traffic = ", ".join(f"{version} {percent}%" for version, percent in view.weights.items())
    answers = ", ".join(f"{version} {_counts(counts)}" for version, counts in view.counts.items())
    took = words.between(view.started, view.ended, now)
    return view.id, str(view.release), view.phase, traffic, answers, took, view.sentence


def _counts(counts: dict[str, int]) -> str:
    """Return how many requests a version has answered, and how many of them with an error of its own."""
    errors = counts.get("5xx", 0)
    return f"{counts.get('requests', 0)}" + (f" ({errors} failed)" if errors else "")
