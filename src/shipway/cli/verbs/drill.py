"""The verb that breaks releases on purpose."""

import signal
import types
from collections.abc import Iterator
from contextlib import contextmanager

import click

from shipway.cli import bootstrap, words
from shipway.cli.session import Session, verb
from shipway.cli.table import facts
from shipway.domain.drill import Candidate, End, Expect, Report, Row, chosen, limit_of
from shipway.domain.errors import ShipwayError

HEADERS = ("candidate", "must", "found by", "after", "limit", "callers lost", "good")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DrillMissed(ShipwayError):
    """A fault was not found in time, or a healthy release did not get through."""

    message = "{count} did not go as it must: {names}"
    hint = "see what was seen of one: shipway drill --only {first}"
    exit_code = 3
    status = 422


@click.command()
@click.option("--only", "names", metavar="NAME", multiple=True, help="Deploy this candidate alone; may be repeated.")
@click.option("--list", "listing", is_flag=True, help="List the candidates and deploy nothing.")
@click.option(
    "--bake", metavar="SECONDS", type=click.FloatRange(6, 600), default=20, help="How long each bakes.  [default: 20]"
)
@click.option(
    "--rate", metavar="N", type=click.FloatRange(5, 500), default=40, help="Requests a second.  [default: 40]"
)
@click.option(
    "--percent",
    metavar="N",
    type=click.IntRange(1, 99),
    default=50,
    help="A candidate's share of the requests while it bakes.  [default: 50]",
)
@verb
def drill(session: Session, names: tuple[str, ...], listing: bool, bake: float, rate: float, percent: int) -> None:
    """Deploy broken releases and see them found.

    Each candidate goes the whole way into production, under load, in a home of its own that is removed at the end;
    your project is neither needed nor touched. Exit code 3 when a fault was not found within its limit, or a healthy
    release did not get through.
    """
    candidates = chosen(names)
    if listing:
        session.table(candidates, ("candidate", "must", "what it does"), [_listed(each) for each in candidates], "")
        return
    with _ended_by_signals():
        report = bootstrap.drill(candidates, (bake, rate, percent), session.note, lambda row: _told(session, row))
    _show(session, report)
    if report.missed:
        count = words.plural(len(report.missed), "candidate")
        raise DrillMissed(count=count, names=", ".join(report.missed), first=report.missed[0])


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the drill as Ctrl-C does: everything stopped and removed first."""

    def interrupt(_signal: int, _frame: types.FrameType | None) -> None:
        for each in ENDING:  # once is enough: nothing may interrupt the tidying up
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in ENDING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _told(session: Session, row: Row) -> None:
    """Tell a person one result as soon as it is known."""
    session.note(f"{'ok    ' if row.good else 'MISSED'} {row.candidate.name}: {_ended(row)}")


def _show(session: Session, report: Report) -> None:
    if session.json:
        session.show({**_document(report), "missed": report.missed}, "")
        return
    session.table(report.rows, HEADERS, [_line(row, report.bake) for row in report.rows], "")
    remarks = [(row.candidate.name, row.why) for row in report.rows if row.why]
    if remarks:
        session.show(None, "\n" + facts(remarks))
    good = len(report.rows) - len(report.missed)
    session.show(
        None,
        f"\n{good} of {len(report.rows)} went as they must, in {words.span(report.seconds)}: "
        f"{report.rate:g} requests/s, {report.percent} % to the candidate, {report.bake:g} s of bake",
    )


def _document(report: Report) -> dict[str, object]:
    rows = [
        {
            "candidate": row.candidate.name,
            "expect": row.candidate.expect,
            "limit_seconds": limit_of(row.candidate, report.bake),
            "good": row.good,
            "why": row.why,
            "seen": row.seen,
        }
        for row in report.rows
    ]
    scale = {"bake": report.bake, "rate": report.rate, "percent": report.percent, "seconds": report.seconds}
    return {**scale, "rows": rows}


def _listed(candidate: Candidate) -> tuple[str, str, str]:
    return candidate.name, candidate.expect, candidate.does


def _line(row: Row, bake: float) -> tuple[str, ...]:
    seen = row.seen
    return (
        row.candidate.name,
        row.candidate.expect,
        seen.by or ("-" if seen.end is not End.HELD else "held for a person"),
        _after(row),
        _limit(row.candidate, bake),
        _lost(row),
        "yes" if row.good else "MISSED",
    )


def _after(row: Row) -> str:
    seen = row.seen
    if not seen.exposed:
        return "before exposure" if seen.by else "-"
    return f"{seen.after:.1f} s" if seen.after is not None else "-"


def _limit(candidate: Candidate, bake: float) -> str:
    if candidate.expect in (Expect.THROUGH, Expect.TOLD):
        return "-"
    return "before exposure" if candidate.expect is Expect.BEFORE else f"{limit_of(candidate, bake):.1f} s"


def _lost(row: Row) -> str:
    lost = row.seen.lost
    kinds = ", ".join(f"{count} x {said}" for said, count in sorted(lost.items(), key=lambda item: -item[1]))
    return f"{sum(lost.values())} of {row.seen.sent}" + (f" ({kinds})" if kinds else "")


def _ended(row: Row) -> str:
    seen = row.seen
    found = f" by {seen.by}, {_after(row)}" if seen.by else ""
    return f"{seen.end}{found}; {_lost(row)} lost" + (f"; {row.why}" if row.why else "")
