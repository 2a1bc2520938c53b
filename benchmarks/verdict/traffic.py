"""Simulated seconds of both versions: Poisson arrivals, a random split, binomial faults, lognormal latency."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from benchmarks.verdict.cells import Cell, Version
from numpy.typing import NDArray

from shipway.domain.verdict import BINS, EDGES, Counts, Evidence

SPREAD = 0.5  # of the logarithm of latencies
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arm:
    """One version's seconds: answers that are not 4xx, and errors among them; shape (seconds,)."""

    judged: Ints
    errors: Ints


class Traffic:
    """One run of a cell, made in pieces as long as a bake; the same seed gives the same seconds."""

    def __init__(self, cell: Cell, seed: tuple[int, ...]) -> None:
        self._cell = cell
        self._random = np.random.default_rng(seed)

    def piece(self, start: int, seconds: int) -> tuple[list[Evidence], Arm, Arm]:
        """Return the seconds from `start` on as evidence, and as plain counts of the new and the live version."""
        cell = self._cell
        total = self._random.poisson(cell.rps, seconds)
        ours = self._random.binomial(total, cell.share)
        new, new_arm = self._arm(ours, 0, start)
        old, old_arm = self._arm(total - ours, 1, start)
        last = seconds if cell.silent_from is None else max(0, cell.silent_from - start)
        evidence = [
            Evidence(second=start + at, new=new[at] if at < last else None, old=old[at] if at < last else None)
            for at in range(seconds)
        ]
        return evidence, new_arm, old_arm

    def _arm(self, requests: Ints, index: int, start: int) -> tuple[list[Counts], Arm]:
        rates = self._rates(start, len(requests), index)
        client = self._random.binomial(requests, rates[0])
        errors = self._random.binomial(requests - client, rates[1])
        ok = requests - client - errors
        measured: Iterator[tuple[tuple[int, ...], tuple[int, ...] | None]]
        measured = (
            self._measured(ok, (self._cell.new, self._cell.old)[index])
            if self._cell.measured
            else iter([((), None)] * len(requests))
        )
        rows = zip(requests.tolist(), ok.tolist(), client.tolist(), errors.tolist(), measured, strict=True)
        counts = [
            Counts(requests=all_, ok=fine, client_errors=bad, server_errors=wrong, latency=times, predictions=classes)
            for all_, fine, bad, wrong, (times, classes) in rows
        ]
        return counts, Arm(requests - client, errors)

    def _rates(self, start: int, seconds: int, index: int) -> tuple[Floats, Floats]:
        """Return the shares of 4xx and of errors in each second, after the cell's changes; shape (seconds,) each."""
        cell = self._cell
        client, errors = np.empty(seconds), np.empty(seconds)
        for since, pair in ((0, (cell.new, cell.old)), *sorted((cell.changes or {}).items())):
            client[max(0, since - start) :] = pair[index].client_errors
            errors[max(0, since - start) :] = pair[index].errors
        return client, errors

    def _measured(self, ok: Ints, version: Version) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        answers = int(ok.sum())
        times = self._random.lognormal(np.log(version.latency), SPREAD, answers)
        bins = np.searchsorted(EDGES, times)
        second = np.repeat(np.arange(len(ok)), ok)
        latency = np.bincount(second * BINS + bins, minlength=len(ok) * BINS).reshape(len(ok), BINS)
        classes = self._random.multinomial(ok, version.classes)
        for row, mix in zip(latency.tolist(), classes.tolist(), strict=True):
            yield tuple(row), tuple(mix)
