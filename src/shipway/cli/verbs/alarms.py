"""Verbs on alarms: what fires, why, and what did before."""

import click

from shipway.cli import words
from shipway.cli.chart import bars
from shipway.cli.session import Session, session, settings, verb
from shipway.cli.table import facts, plain
from shipway.cli.verbs.executions import BY
from shipway.domain.alarm import Datapoint
from shipway.ports.alarm import AlarmView

NAME = click.argument("alarm", metavar="NAME")


@click.group(invoke_without_command=True)
@settings
@click.pass_context
def alarms(ctx: click.Context, /, **_: object) -> None:
    """List the alarms of the project; show one, its history, switch one off.

    Those that fire come first. INSUFFICIENT_DATA means that nothing was measured: neither good nor bad.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = here.target().alarms.list()
    rows = [(each.name, _state(each), words.moment(each.since), each.condition) for each in found]
    here.table(found, ("alarm", "state", "since", "fires when"), rows, "there are no alarms")


@alarms.command()
@NAME
@verb
def show(session: Session, alarm: str) -> None:
    """Show one alarm with its datapoints against the threshold."""
    found = session.target().alarms.get(alarm)
    session.show(found, _whole(found))


@alarms.command()
@click.argument("alarm", metavar="[NAME]", default="")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@verb
def history(session: Session, alarm: str, limit: int) -> None:
    """List how alarms have changed.

    The newest comes first, each with the reason. Without NAME it is those of all alarms.
    """
    found = session.target().alarms.history(alarm, limit)
    rows = [
        (str(each.number), words.moment(each.at), each.alarm, f"{each.old} -> {each.new}", each.reason)
        for each in found
    ]
    session.table(found, ("change", "at", "alarm", "state", "reason"), rows, "no alarm has changed yet")


@alarms.command()
@NAME
@BY
@verb
def enable(session: Session, alarm: str, by: str) -> None:
    """Let an alarm tell people and stop releases again."""
    found = session.target().alarms.enable(alarm, by=by)
    session.show(found, f"alarm {found.name} acts, it is {found.state}")


@alarms.command()
@NAME
@BY
@verb
def disable(session: Session, alarm: str, by: str) -> None:
    """Keep an alarm quiet: it is looked at, and does nothing."""
    found = session.target().alarms.disable(alarm, by=by)
    session.show(found, f"alarm {found.name} is quiet, it is {found.state}")


def _state(alarm: AlarmView) -> str:
    if not alarm.enabled:
        return f"{alarm.state} (quiet)"
    return f"{alarm.state} (suppressed)" if alarm.suppression else alarm.state


def _whole(alarm: AlarmView) -> str:
    told = facts(
        [
            ("alarm", alarm.name),
            ("state", _state(alarm)),
            ("since", words.moment(alarm.since)),
            ("fires when", alarm.condition),
            ("what for", alarm.description),
            ("release", f"goes back when it fires: {alarm.release}" if alarm.release else ""),
            ("why", alarm.reason),
            ("does nothing", str(alarm.suppression or "")),
        ]
    )
    return f"{told}\n\n{_points(alarm.datapoints, alarm.threshold)}" if alarm.datapoints else told


def _points(points: tuple[Datapoint, ...], threshold: float | None) -> str:
    """Return the datapoints as a table, each with a bar in which the threshold is marked."""
    drawn = bars([each.value for each in points], threshold)
    rows = [
        (
            words.moment(each.at),
            "-" if each.value is None else f"{each.value:.6g}",
            bar,
            "breaching" if each.breaching else "",
        )
        for each, bar in zip(points, drawn, strict=True)
    ]
    return plain(("period from", "value", "against the threshold", ""), rows)
