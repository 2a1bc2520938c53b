"""Where a feature's values are counted: between quantiles of its baseline, and around values that repeat."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from .kernel import Floats, Ints, distinct

BINS = 256
SAMPLE = 1 << 18  # sorted values that quantiles are taken from; their ranks are wrong by 0.001 at most


def edges_of(ordered: Floats) -> Floats:
    """Return the edges for sorted finite values, shape (n,), n >= 1: ascending and distinct, about 256.

    A value that is an edge more than once is common: it gets a bin of its own, so that what lies just above it is told
    from it. So no gap between two distributions is missed by more than 1/256.
    """
    ranks = (np.arange(1, BINS) * len(ordered)) // BINS
    inner = ordered[ranks]
    repeated = inner[1:][inner[1:] == inner[:-1]]
    after = np.nextafter(repeated, np.inf)
    return distinct(np.concatenate(([ordered[0]], inner, after, [np.nextafter(ordered[-1], np.inf)])))


def edges_of_sketch(levels: Sequence[Sequence[float]], minimum: float, maximum: float) -> tuple[Floats, Floats, Floats]:
    """Return (edges, values, weights) of a KLL sketch: level i holds values that stand for 2**i rows each.

    minimum, maximum: exact, as the statistics have them. values are sorted; weights add up to the rows.
    """
    pairs = [(float(value), float(1 << height)) for height, level in enumerate(levels) for value in level]
    table = np.array(sorted(pairs), dtype=np.float64).reshape(-1, 2)
    values, weights = np.clip(table[:, 0], minimum, maximum), table[:, 1]
    steps = np.cumsum(weights)
    at = np.searchsorted(steps, np.arange(1, BINS) * (steps[-1] / BINS), side="right")
    inner = values[np.minimum(at, len(values) - 1)]
    repeated = inner[1:][inner[1:] == inner[:-1]]
    ends = ([minimum], inner, np.nextafter(repeated, np.inf), [np.nextafter(maximum, np.inf)])
    return distinct(np.concatenate(ends)), values, weights


def sample_of(parts: Iterable[Floats], rows: int, size: int = SAMPLE) -> Floats:
    """Return at most `size` values of some arrays with `rows` values together, sorted; all of them if they fit.

    One is drawn from each of as many equal stretches: stretches, so that data in any order is covered; drawn within
    each (always the same way), so that no period in the data can match a fixed step.
    """
    places = _places(rows, min(size, rows))
    sample, start = np.empty(len(places)), 0
    for part in parts:
        first, last = np.searchsorted(places, (start, start + len(part)))
        sample[first:last] = part.take(places[first:last] - start)
        start += len(part)
    sample.sort()
    return sample


@lru_cache(maxsize=1)  # every column of a file has as many rows
def _places(rows: int, size: int) -> Ints:
    """Return the rows that are drawn, ascending."""
    starts = (np.arange(size + 1) * rows) // max(size, 1)
    drawn = np.random.default_rng(rows).random(size)
    return starts[:-1] + (drawn * np.diff(starts)).astype(np.int64)
