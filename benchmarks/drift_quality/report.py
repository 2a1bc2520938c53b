"""What the simulations found, as a table, as a document, and against the bars."""

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.drift_quality.cells import WARM, Cell
from benchmarks.drift_quality.stream import Stream

MOST_ALARMS = 3  # in 20,000 windows without drift
NEVER = 10**6


@dataclass
class Quiet:
    """No drift. alarms: windows with one. rules: rule -> share of windows with one; peers: of the windows they saw."""

    cell: Cell
    windows: int
    alarms: int
    rules: dict[str, float]
    peers: dict[str, float] = field(default_factory=dict)


@dataclass
class Found:
    """A drift. found: share of streams that ever alarm; delay: median hour of the first alarm, None if never.

    worst: largest delay. first: share of streams that rank a shifted feature first. rules: rule -> (found, delay);
    peers: library -> share of windows in which it names a shifted feature. early: alarms before the drift.
    """

    cell: Cell
    streams: int
    found: float
    delay: float | None
    worst: float | None
    first: float
    early: int
    rules: dict[str, tuple[float, float | None]]
    peers: dict[str, float] = field(default_factory=dict)


def quiet(cell: Cell, streams: list[Stream]) -> Quiet:
    """Return the summary of streams without drift."""
    windows = sum(stream.hours for stream in streams)
    names = streams[0].rules
    rules = {name: sum(int(stream.rules[name].sum()) for stream in streams) / windows for name in names}
    return Quiet(cell, windows, sum(len(stream.alarms) for stream in streams), rules)


def found(cell: Cell, streams: list[Stream]) -> Found:
    """Return the summary of streams that drift after WARM hours."""
    delays = [min((hour for hour in stream.alarms if hour >= WARM), default=NEVER) - WARM + 1 for stream in streams]
    rules = {name: _detection([_first(stream, name) for stream in streams]) for name in streams[0].rules}
    share, delay = _detection(delays)
    return Found(
        cell=cell,
        streams=len(streams),
        found=share,
        delay=delay,
        worst=float(max(delays)) if max(delays) < NEVER - WARM else None,
        first=sum(stream.first in stream.shifted for stream in streams) / len(streams),
        early=sum(hour < WARM for stream in streams for hour in stream.alarms),
        rules=rules,
    )


def _first(stream: Stream, rule: str) -> int:
    hours = [hour for hour, alarm in enumerate(stream.rules[rule].tolist()) if alarm and hour >= WARM]
    return (hours[0] if hours else NEVER) - WARM + 1


def _detection(delays: list[int]) -> tuple[float, float | None]:
    middle = float(median(delays))
    share = sum(delay < NEVER - WARM for delay in delays) / len(delays)
    return share, middle if middle < NEVER - WARM - 1 else None


def missed(quiets: list[Quiet], founds: list[Found]) -> list[str]:
    """Return the bars that were not reached."""
    misses = [
        f"{one.cell.name}: {one.alarms} alarms in {one.windows:,} windows, at most {_allowed(one)}"
        for one in quiets
        if one.alarms > _allowed(one)
    ]
    for one in founds:
        if one.cell.traffic != "plain" or one.cell.shifted != 1:
            continue
        limit = {0.12: 3.0, 0.38: 1.0}.get(one.cell.distance)
        if limit is not None and (one.found < 1 or one.delay is None or one.delay > limit):
            misses.append(f"{one.cell.name}: found in {one.found:.0%}, median {_hours(one.delay)}, at most {limit:g} h")
        if limit == 1.0 and one.worst != 1.0:
            misses.append(f"{one.cell.name}: the slowest took {_hours(one.worst)}, not 1 h")
        if limit is not None and one.first < 0.95:
            misses.append(f"{one.cell.name}: a shifted feature is first in {one.first:.0%}, not 95 %")
    return misses


def _allowed(one: Quiet) -> int:
    return max(MOST_ALARMS * one.windows // 20_000, 0)


def table(quiets: list[Quiet], founds: list[Found]) -> str:
    """Return both tables as text."""
    lines = []
    if quiets:
        names = [*quiets[0].rules, *max((one.peers for one in quiets), key=len)]
        lines += _rows(
            ["without drift: share of windows with an alarm", "Shipway", *names],
            [
                [
                    one.cell.name,
                    f"{one.alarms}/{one.windows:,}",
                    *(_share({**one.rules, **one.peers}, name) for name in names),
                ]
                for one in quiets
            ],
        )
    if founds:
        names = list(founds[0].rules)
        peers = list(max((one.peers for one in founds), key=len))
        head = ["with drift: streams that alarm / median hours", "Shipway", "slowest", "first", *names]
        rows = [
            [
                one.cell.name,
                _both((one.found, one.delay)),
                _hours(one.worst),
                f"{one.first:.0%}",
                *(_both(one.rules[name]) for name in names),
                *(_share(one.peers, name) for name in peers),
            ]
            for one in founds
        ]
        lines += ["", *_rows([*head, *(f"{name} (windows)" for name in peers)], rows)]
    return "\n".join(lines)


def _quiet_row(one: Quiet, names: list[str]) -> list[str]:
    shares = {**one.rules, **one.peers}
    return [one.cell.name, f"{one.alarms}/{one.windows:,}", *(_share(shares, name) for name in names)]


def _rows(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]


def _share(shares: dict[str, float], name: str) -> str:
    return f"{shares[name]:.4g}" if name in shares else ""


def _both(pair: tuple[float, float | None]) -> str:
    return f"{pair[0]:.0%} / {_hours(pair[1])}"


def _hours(value: float | None) -> str:
    return "never" if value is None else f"{value:g} h"


def document(quiets: list[Quiet], founds: list[Found], misses: list[str], seed: int) -> dict[str, Any]:
    """Return everything as JSON has it."""
    cells = [{**asdict(one), "cell": one.cell.name} for one in (*quiets, *founds)]
    return {"seed": seed, "cells": cells, "missed": misses}
