"""Verbs on metrics: which there are, and how one went."""

from collections.abc import Mapping
from datetime import timedelta

import click

from shipway.cli import words
from shipway.cli.chart import sparkline, thinned
from shipway.cli.session import Session, session, settings, verb
from shipway.cli.table import facts
from shipway.domain.units import UnitError, parse_duration
from shipway.ports.metric import Point, Range

WIDEST = 60  # signs of a picture
MINUTE = timedelta(minutes=1)


@click.group(invoke_without_command=True)
@settings
@click.pass_context
def metrics(ctx: click.Context, /, **_: object) -> None:
    """List the metrics of the project; show how one went.

    docs/reference/metrics.md says what each of them tells.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = here.target().metrics.list()
    rows = [
        (each.name, _said(each.dimensions) or "-", each.unit, str(each.count), words.moment(each.newest))
        for each in found
    ]
    here.table(found, ("metric", "of", "unit", "values", "newest"), rows, "nothing was measured yet")


@metrics.command()
@click.argument("name", metavar="NAME")
@click.option("--of", "pairs", multiple=True, metavar="NAME=VALUE", help="A dimension of the series; may be repeated.")
@click.option("--statistic", default="Average", show_default=True, help="Sum, Average, Maximum, p99, ...")
@click.option("--period", default="5m", show_default=True, help="Of one value, in whole minutes.")
@click.option("--since", default="3h", show_default=True, help="How far back.")
@verb
def show(session: Session, name: str, pairs: tuple[str, ...], statistic: str, period: str, since: str) -> None:
    """Show how a metric went: a picture, and each value.

    Without --of it is the metric's only series, or the one without dimensions.
    """
    target, length = session.target(), _duration(period, "--period")
    dimensions = _dimensions(pairs) if pairs else _only(session, name)
    now = session.now()
    wanted = Range(start=now - _duration(since, "--since"), end=now, period=length, statistic=statistic)
    points = target.metrics.points(name, dimensions, wanted)
    session.show(points, _picture(name, dimensions, wanted, points))


def _picture(name: str, dimensions: Mapping[str, str], wanted: Range, points: list[Point]) -> str:
    if not points:
        return f"{name} has no values in this time; see which series there are: shipway metrics"
    there = {each.at: each.value for each in points}
    steps = round((points[-1].at - points[0].at) / wanted.period) + 1
    line = [there.get(points[0].at + step * wanted.period) for step in range(steps)]
    values = [each.value for each in points]
    told = facts(
        [
            ("metric", name),
            ("of", _said(dimensions)),
            ("statistic", wanted.statistic),
            ("from", words.moment(points[0].at)),
            ("to", words.moment(points[-1].at)),
            ("lowest", f"{min(values):.6g}"),
            ("highest", f"{max(values):.6g}"),
            ("", sparkline(thinned(line, WIDEST))),
        ]
    )
    listed = "\n".join(f"{words.moment(each.at)}  {each.value:.6g}" for each in points)
    return f"{told}\n\n{listed}"


def _only(session: Session, name: str) -> dict[str, str]:
    """Return the dimensions of a metric that has one series; none when it has several."""
    found = session.target().metrics.list(name)
    return dict(found[0].dimensions) if len(found) == 1 else {}


def _dimensions(pairs: tuple[str, ...]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    wrong = [name for name, equals, _ in split if not equals or not name]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not NAME=VALUE", param_hint="--of")
    return {name: value for name, _, value in split}


def _said(dimensions: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in dimensions.items())


def _duration(text: str, option: str) -> timedelta:
    try:
        found = parse_duration(text)
    except UnitError as error:
        raise click.BadParameter(f"{error}; {error.remedy}", param_hint=option) from None
    if found < MINUTE or found % MINUTE:
        raise click.BadParameter(f"{text!r} is not whole minutes", param_hint=option)
    return found
