"""The verb on autoscaling: how many instances there are, and what was changed."""

import click

from shipway.cli import words
from shipway.cli.session import Session, verb
from shipway.cli.table import print_table
from shipway.ports.scaling import ScalingActivity, ScalingView


@click.command()
@click.option(
    "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="How many of the newest changes."
)
@verb
def scaling(session: Session, limit: int) -> None:
    """Show how endpoints follow their load.

    Each endpoint with its servers, the load of its workers in the last whole minute and why it stays as it is; then
    the last changes, each with its reason.
    """
    port = session.target().scaling
    views, activities = port.state(), port.activities(limit)
    if session.json:
        session.show({"endpoints": views, "activities": activities}, "")
        return
    headers = ("endpoint", "instances", "bounds", "workers", "load", "target", "why")
    session.table(views, headers, [_row(each) for each in views], "there is no endpoint yet")
    if activities:
        click.echo()
        print_table(
            ("changed", "endpoint", "instances", "status", "time", "why"),
            [_change(session, each) for each in activities],
        )


def _row(view: ScalingView) -> tuple[str, ...]:
    return (
        view.endpoint,
        str(view.instances) if view.instances else "asleep",
        f"{view.least}..{view.most}",
        str(view.workers),
        "-" if view.load is None else f"{view.load:.4g}",
        str(view.target) if view.target else "-",
        view.sentence,
    )


def _change(session: Session, activity: ScalingActivity) -> tuple[str, ...]:
    return (
        words.moment(activity.started),
        activity.endpoint,
        f"{activity.before} -> {activity.after}",
        activity.status,
        words.between(activity.started, activity.ended, session.now()),
        f"{activity.cause} ({activity.message})" if activity.message else activity.cause,
    )
