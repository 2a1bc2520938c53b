"""KLL-shaped sketches: what Model Monitor keeps of a distribution, written without its randomness."""

from collections.abc import Sequence

import numpy as np

from .kernel import Floats

CAPACITY = 2048  # values of a level, at most
BUCKETS = 10
Levels = tuple[tuple[float, ...], ...]
Bucket = tuple[float, float, int]


def sketch(ordered: Floats, rows: int | None = None) -> Levels:
    """Return a sketch of sorted values: level i holds values that stand for 2**i rows each.

    rows: that the values stand for, all alike; their own number when None, and 1 at least.
    Every 2**h-th order statistic goes on level h, and the rows that are left over fill the levels below it by the
    binary digits of their number: the weights add up to the rows exactly, and no rank is wrong by more than 2**h.
    Source of the shape: Karnin, Lang, Liberty, "Optimal Quantile Approximation in Streams", FOCS 2016.
    """
    rows = len(ordered) if rows is None else rows
    height = max(0, int(np.ceil(np.log2(rows / CAPACITY)))) if rows > CAPACITY else 0
    step = 2**height
    blocks = rows // step
    levels: list[tuple[float, ...]] = [()] * height
    levels.append(tuple(_at(ordered, np.arange(blocks) * step + step // 2, rows)))
    start = blocks * step
    for level in range(height - 1, -1, -1):
        if (rows - start) & 2**level:
            levels[level] = tuple(_at(ordered, np.array([start + 2**level // 2]), rows))
            start += 2**level
    return tuple(levels)


def _at(ordered: Floats, ranks: Floats, rows: int) -> list[float]:
    return [float(value) for value in ordered[(ranks * len(ordered) // rows).astype(np.int64)]]


def buckets(levels: Levels, minimum: float, maximum: float) -> tuple[Bucket, ...]:
    """Return (lower, upper, rows) of BUCKETS equally wide buckets, [lower, upper), the last one closed.

    Counted from the sketch, as Model Monitor does.
    """
    values = np.array([value for level in levels for value in level])
    weights = np.array([1 << height for height, level in enumerate(levels) for _ in level], dtype=np.int64)
    with np.errstate(over="ignore", invalid="ignore"):  # the range of -1e308..1e308 is no double
        bounds = np.linspace(minimum, maximum, BUCKETS + 1)
    bounds = np.nan_to_num(bounds, nan=0.0)
    bounds[0], bounds[-1] = minimum, maximum
    place = np.clip(np.searchsorted(bounds[1:-1], values, side="right"), 0, BUCKETS - 1)
    rows = np.bincount(place, weights=weights, minlength=BUCKETS).astype(np.int64)
    return tuple(zip(bounds[:-1].tolist(), bounds[1:].tolist(), rows.tolist(), strict=True))


def spread(edges: Floats, rows: Sequence[int], bounds: tuple[float, float]) -> Floats:
    """Return sorted values that have `rows` values between edges, spread evenly: a distribution from its counts.

    edges: shape (k,). rows: shape (k + 1,), the first below and the last above all edges. bounds: smallest and largest.
    At most SAMPLE values come back; each stands for as many rows.
    """
    minimum, maximum = bounds
    steps = np.clip(np.concatenate(([minimum], edges, [maximum])), minimum, maximum)
    total = int(np.sum(rows))
    known = np.concatenate(([0], np.cumsum(np.asarray(rows, dtype=np.float64))))
    size = min(total, 4 * CAPACITY)
    ranks = (np.arange(size) + 0.5) * (total / size)
    return np.asarray(np.interp(ranks, known, steps), dtype=np.float64)
