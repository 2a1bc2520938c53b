"""Verbs on the watch over captured data."""

from datetime import datetime

import click

from shipway.cli import words
from shipway.cli.session import Session, session, settings, verb
from shipway.cli.table import facts, plain
from shipway.cli.verbs.executions import BY
from shipway.cli.verbs.releases import Moment
from shipway.domain.drift import FeatureDrift
from shipway.domain.monitor import Window
from shipway.ports.monitor import DriftView


@click.group(invoke_without_command=True)
@settings
@click.pass_context
def drift(ctx: click.Context, /, **_: object) -> None:
    """Show whether production's data has drifted.

    The newest analysis, the worst feature first, each with the smallest drift that would have been seen.
    """
    if ctx.invoked_subcommand is None:
        here = session(ctx)
        found = here.target().monitor.latest()
        here.show(found, _view(found))


@drift.command("now")
@click.option("--from", "start", type=Moment(), metavar="TIME", help="Where the window begins; needs --to.")
@click.option("--to", "end", type=Moment(), metavar="TIME", help="Where it ends; needs --from.")
@BY
@verb
def now(session: Session, start: datetime | None, end: datetime | None, by: str) -> None:
    """Analyse a window now; left out, it is the hour that ends now.

    Only the requests of that window are looked at, against the live release's baseline; stored hours are neither used
    nor changed. Drift that it finds raises the same alarms as that of any other hour.
    """
    if (start is None) != (end is None):
        raise click.UsageError("name both ends of the window, or none")
    window = Window(start=start, end=end) if start is not None and end is not None else None
    with session.working("analysing captured requests"):
        found = session.target().monitor.analyse(window, by=by)
    session.show(found, _view(found))


@drift.command()
@click.option("--limit", type=click.IntRange(min=1), default=24, show_default=True, help="How many of the newest.")
@verb
def history(session: Session, limit: int) -> None:
    """List analyses with their verdicts.

    The newest comes first. A window without a verdict says why.
    """
    found = session.target().monitor.runs(limit)
    rows = [
        (
            words.moment(each.start),
            words.moment(each.end),
            str(each.release),
            each.status.value,
            each.verdict or "-",
            each.sentence or "-",
        )
        for each in found
    ]
    headers = ("from", "to", "release", "status", "verdict", "sentence")
    session.table(found, headers, rows, "no window has been analysed yet")


def _view(view: DriftView) -> str:
    run = view.run
    head = facts(
        [
            ("verdict", f"{run.verdict}: {run.sentence}"),
            ("window", f"{words.moment(run.start)} to {words.moment(run.end)}, release {run.release}"),
            ("report", view.file or run.report or "-"),
            ("next", words.moment(view.next)),
        ]
    )
    if view.analysis is None:
        return head
    headers = ("feature", "standing", "drift", "tolerance", "window", "rows", "would have been seen")
    table = plain(headers, [_feature(each) for each in view.analysis.features])
    return "\n".join([head, "", table, *(f"note: {note}" for note in view.analysis.notes)])


def _feature(feature: FeatureDrift) -> tuple[str, ...]:
    seen = feature.worst
    name = feature.name if feature.source == "input" else f"{feature.name} (answer)"
    return (
        name,
        feature.standing.value,
        "-" if feature.metric is None else f"{feature.metric:.3f}",
        f"{seen.tolerance:g}",
        seen.horizon,
        str(seen.rows),
        "-" if seen.detectable is None else f"{seen.detectable:.3f}",
    )
