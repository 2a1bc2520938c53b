"""From measured rates to ratios, a table and a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.serving.contestants import BENTOML, CELLS, FASTER, FOLLOWED, MLFLOW, SHIPPED, WHOLE
from benchmarks.serving.load import Measured

BARS = {SHIPPED: 5.0, FASTER: 10.0, WHOLE: 3.0}  # times the followed stack, in each cell


@dataclass
class Results:
    """Contestant -> cell -> what each round gave; start: contestant -> seconds until every cell was answered."""

    rounds: dict[str, dict[str, list[Measured]]] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def rate(self, name: str, cell: str) -> float | None:
        """Return the median rate, requests a second; None when it was not measured."""
        found = self.rounds.get(name, {}).get(cell)
        return median(each.rate for each in found) if found else None

    def ratio(self, name: str, cell: str) -> float | None:
        """Return how many times the followed stack's rate; None when either was not measured."""
        own, base = self.rate(name, cell), self.rate(FOLLOWED, cell)
        return own / base if own is not None and base else None

    def failed(self, name: str) -> int:
        """Return the failed requests of all cells and rounds."""
        return sum(each.failed for found in self.rounds.get(name, {}).values() for each in found)


def missed(results: Results) -> list[str]:
    """Return a sentence for each bar that was missed; what could not be measured has missed its bar."""
    found = []
    for name, bar in BARS.items():
        for cell in CELLS:
            ratio = results.ratio(name, cell)
            if ratio is None or ratio < bar:
                found.append(f"{name}, {cell}: {_times(ratio)} the followed stack, at least {bar:g} wanted")
        if failed := results.failed(name):
            found.append(f"{name}: {failed} requests failed")
    for peer in (BENTOML, MLFLOW):
        for cell in CELLS:
            own, other = results.rate(WHOLE, cell), results.rate(peer, cell)
            if own is not None and other is not None and own <= other:
                found.append(f"{WHOLE}, {cell}: {own:.0f} requests/s, {peer} has {other:.0f}")
    return found


def table(results: Results) -> str:
    """Return the table that people read."""
    head = f"{'':46}" + "".join(f"{cell:>24}" for cell in CELLS) + f"{'failed':>8}{'ready':>9}"
    lines = [head]
    for name in results.rounds:
        cells = "".join(f"{_cell(results, name, cell):>24}" for cell in CELLS)
        lines.append(f"{name:46}{cells}{results.failed(name):>8}{results.start[name]:>8.1f}s")
    lines += [f"{name:46}not measured: {reason}" for name, reason in results.absent.items()]
    return "\n".join(lines)


def document(results: Results, settings: Mapping[str, Any], misses: Sequence[str]) -> dict[str, Any]:
    """Return everything as JSON."""
    found = {
        name: {
            "ready_seconds": round(results.start[name], 2),
            "failed": results.failed(name),
            "cells": {
                cell: {
                    "requests_per_second": results.rate(name, cell),
                    "ratio": results.ratio(name, cell),
                    "rounds": [each.rate for each in rounds],
                    "requests": sum(each.requests for each in rounds),
                }
                for cell, rounds in cells.items()
            },
        }
        for name, cells in results.rounds.items()
    }
    return {
        "settings": dict(settings), "contestants": found, "not_measured": results.absent,
        "bars": BARS, "missed": list(misses),
    }  # fmt: skip


def _cell(results: Results, name: str, cell: str) -> str:
    rate = results.rate(name, cell)
    return "-" if rate is None else f"{rate:,.0f}/s {_times(results.ratio(name, cell))}"


def _times(ratio: float | None) -> str:
    return "not measured against" if ratio is None else f"{ratio:.1f}x"
