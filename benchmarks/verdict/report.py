"""From outcomes to a table, a document and the bars that were missed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.verdict.cells import CELLS, Cell
from benchmarks.verdict.outcomes import Summary

OWN = "shipway"
RULES = {
    OWN: "Shipway",
    "alarms": "alias alarm",
    "threshold": "< 99 % x 5",
    "ranks": "Mann-Whitney",
    "plug-in": "2x2 plug-in",
}
Results = Mapping[str, Mapping[str, Summary]]  # cell -> rule -> how it did


def missed(results: Results) -> list[str]:
    """Return a sentence for each bar that Shipway missed."""
    return [
        f"{cell.name}: {bar}; found: {_told(results[cell.name][OWN])}"
        for cell in _cells(results)
        for bar, reached in cell.bars
        if not reached(results[cell.name][OWN])
    ]


def table(results: Results) -> str:
    """Return the table that people read: Shipway whole, of the others what they roll back and how soon."""
    head = f"{'':37}{'Shipway':<41}" + "".join(f"{RULES[rule]:>15}" for rule in RULES if rule != OWN)
    lines = [
        head,
        f"{'':37}{'back':>6}{'passed':>8}{'held':>7}{'median':>9}{'p95':>8}   " + f"{'back @median':>15}" * 3,
    ]
    for cell in _cells(results):
        found = results[cell.name]
        own = found[OWN]
        line = f"{cell.name:37}{own.rolled_back:>6.3f}{own.passed:>8.3f}{own.held:>7.3f}"
        line += f"{_seconds(own.median):>9}{_seconds(own.p95):>8}   "
        lines.append(line + "".join(f"{_short(found[rule]):>15}" for rule in RULES if rule != OWN))
    return "\n".join(lines)


def document(results: Results, runs: int, seed: int) -> dict[str, Any]:
    """Return everything as JSON."""
    return {
        "runs": runs,
        "seed": seed,
        "cells": {
            cell.name: {
                "bars": {bar: reached(results[cell.name][OWN]) for bar, reached in cell.bars},
                "rules": {rule: asdict(found) for rule, found in results[cell.name].items()},
            }
            for cell in _cells(results)
        },
        "missed": missed(results),
    }


def _cells(results: Results) -> Sequence[Cell]:
    return [cell for cell in CELLS if cell.name in results]


def _told(found: Summary) -> str:
    return (
        f"{found.rolled_back:.3f} rolled back (median {_seconds(found.median)}), "
        f"{found.passed:.3f} passed, {found.held:.3f} held"
    )


def _short(found: Summary) -> str:
    return f"{found.rolled_back:.3f}" + (f" @{found.median:.0f}" if found.median is not None else "     ")


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.0f} s"
