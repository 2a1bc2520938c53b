"""Counting numbers between fixed edges, fast: chunks are sorted in a buffer that stays in the processor's cache."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Number = TypeVar("Number", np.float64, np.int64)

CHUNK = 32_768  # doubles; 256 KiB
PIECE = 8192
LOWEST = -np.finfo(np.float64).max


@dataclass(slots=True)
class Moments:
    """Of the finite values. shifted: sum of value - centre; squared: of its squares. whole: values without a rest."""

    count: int = 0
    whole: int = 0
    shifted: float = 0.0
    squared: float = 0.0
    minimum: float = np.inf
    maximum: float = -np.inf

    def add(self, other: "Moments") -> None:
        """Take in another's values, of the same centre."""
        self.count += other.count
        self.whole += other.whole
        self.shifted += other.shifted
        self.squared += other.squared
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)


class Counter:
    """Counts the values of one feature.

    edges: ascending and distinct, shape (k,). centre: a value amid the data. wholes: whether whole values are counted.
    """

    def __init__(self, edges: Floats, centre: float, *, wholes: bool = True) -> None:
        self.probes = np.concatenate(([LOWEST], edges, [np.inf, np.nan]))
        self.centre = centre
        self.wholes = wholes
        self._buffer = np.empty(CHUNK)
        self._spare = np.empty(CHUNK)

    def bins(self) -> int:
        """Return how many bins there are: -inf, below, k - 1 between edges, above, +inf, NaN."""
        return len(self.probes) + 1

    def count(self, values: Floats, moments: Moments) -> Ints:
        """Return the values of each bin, shape (bins,); moments takes in the finite ones.

        A value equal to an edge counts as above it. Sorting a chunk and looking the edges up in it is several times
        as fast as looking each value up among the edges, wherever numpy's sort is vectorized, and no slower elsewhere.
        """
        below = np.zeros(len(self.probes), dtype=np.int64)
        with np.errstate(over="ignore"):  # the square of 1e200 is infinite, and so is then the deviation
            for start in range(0, len(values), CHUNK):
                chunk = values[start : start + CHUNK]
                buffer = self._buffer[: len(chunk)]
                buffer[:] = chunk
                buffer.sort()
                places = buffer.searchsorted(self.probes, side="left")
                below += places
                self._measure(buffer[places[0] : places[-2]], moments)
        ends = np.append(below, len(values))
        ends[1:] -= below
        return ends

    def _measure(self, ordered: Floats, moments: Moments) -> None:
        if not len(ordered):
            return
        spare = self._spare[: len(ordered)]
        moments.count += len(ordered)
        if self.wholes:
            np.rint(ordered, out=spare)
            moments.whole += int(np.count_nonzero(spare == ordered))
        np.subtract(ordered, self.centre, out=spare)
        moments.shifted += float(spare.sum())
        moments.squared += _squares(spare)
        moments.minimum = min(moments.minimum, float(ordered[0]))
        moments.maximum = max(moments.maximum, float(ordered[-1]))


def _squares(values: Floats) -> float:
    """Return the sum of squares; in pieces, as a longer dot product would start a pool of threads."""
    whole = len(values) - len(values) % PIECE
    pieces = values[:whole].reshape(-1, PIECE)
    rest = values[whole:]
    return float(np.vecdot(pieces, pieces).sum() + np.vecdot(rest, rest))


def distinct(values: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Return each value once, ascending, as np.unique does; that imports numpy.ma, half as much again as numpy."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
