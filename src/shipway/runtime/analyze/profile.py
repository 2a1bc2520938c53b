"""What one column of a data set looks like: type, completeness, moments, distribution."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

InferredType = Literal["Integral", "Fractional", "String", "Unknown"]
BUCKETS = 10
SKETCH_CAPACITY = 2048  # values of the sorted column that the sketch keeps at most on a level
DISTINCT_LIMIT = 1000  # categories that are listed one by one

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A numeric column without its missing values.

    mean, total, deviation (population), minimum, maximum: in the column's own unit.
    buckets: BUCKETS times (lower, upper, count), equally wide. sketch: levels of order statistics, level i weighs 2**i.
    """

    mean: float
    total: float
    deviation: float
    minimum: float
    maximum: float
    buckets: tuple[tuple[float, float, int], ...]
    sketch: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One feature. present, missing: rows. categories: value -> rows, most frequent first, for text only."""

    name: str
    type: InferredType
    present: int
    missing: int
    numbers: Numbers | None = None
    distinct: int = 0
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def completeness(self) -> float:
        """Share of rows with a value, 0..1; 1 for no rows at all."""
        rows = self.present + self.missing
        return self.present / rows if rows else 1.0


def profile(series: pl.Series) -> Column:
    """Return the profile of one column. Blank text, null, NaN and infinities count as missing."""
    if series.dtype == pl.String:
        series = series.str.strip_chars().replace("", None)
        numbers = series.cast(pl.Float64, strict=False)
        if numbers.null_count() == series.null_count():  # every value is a number, however it was read
            series = numbers
    if series.dtype == pl.Boolean or series.dtype.is_numeric():
        return _numeric(series.name, series.cast(pl.Float64))
    return _text(series)


def _numeric(name: str, series: pl.Series) -> Column:
    values = series.drop_nulls().to_numpy()
    finite = values[np.isfinite(values)]
    missing = len(series) - len(finite)
    if not len(finite):
        return Column(name=name, type="Unknown", present=0, missing=missing)
    whole = bool(np.all(finite == np.rint(finite)))
    return Column(
        name=name,
        type="Integral" if whole else "Fractional",
        present=len(finite),
        missing=missing,
        numbers=_numbers(np.sort(finite)),
    )


def _numbers(ordered: Floats) -> Numbers:
    """Return the figures of sorted values, shape (n,), n >= 1."""
    centre = float(ordered[len(ordered) // 2])
    shifted = ordered - centre  # so that large offsets do not eat the deviation's digits
    mean = float(np.mean(shifted))
    edges = np.linspace(ordered[0], ordered[-1], BUCKETS + 1)
    inner = np.searchsorted(ordered, edges[1:-1], side="left")
    counts = np.diff(np.concatenate(([0], inner, [len(ordered)])))
    bounds = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return Numbers(
        mean=mean + centre,
        total=float(np.sum(ordered)),
        deviation=float(np.sqrt(np.mean((shifted - mean) ** 2))),
        minimum=float(ordered[0]),
        maximum=float(ordered[-1]),
        buckets=tuple((low, high, int(count)) for low, high, count in bounds),
        sketch=sketch(ordered),
    )


def sketch(ordered: Floats) -> tuple[tuple[float, ...], ...]:
    """Return a KLL-shaped sketch of sorted values: level i holds values that stand for 2**i rows each.

    Every 2**h-th order statistic goes on level h, and the rows that are left over fill the levels below it by the
    binary digits of their number: the weights add up to n exactly, and no rank is wrong by more than 2**h.
    Source of the shape: Karnin, Lang, Liberty, "Optimal Quantile Approximation in Streams", FOCS 2016.
    """
    height = max(0, int(np.ceil(np.log2(len(ordered) / SKETCH_CAPACITY)))) if len(ordered) > SKETCH_CAPACITY else 0
    step = 2**height
    blocks = len(ordered) // step
    levels: list[tuple[float, ...]] = [()] * height
    levels.append(tuple(ordered[step // 2 : blocks * step : step].tolist()))
    start = blocks * step
    for level in range(height - 1, -1, -1):
        if (len(ordered) - start) & 2**level:
            levels[level] = (float(ordered[start + 2**level // 2]),)
            start += 2**level
    return tuple(levels)


def _text(series: pl.Series) -> Column:
    present = series.drop_nulls().cast(pl.String)
    counts = present.value_counts(sort=True, name="rows")
    names = counts[counts.columns[0]].to_list()
    rows = counts["rows"].to_list()
    listed = sorted(zip(names, rows, strict=True), key=lambda pair: (-pair[1], pair[0]))[:DISTINCT_LIMIT]
    return Column(
        name=series.name,
        type="String" if len(present) else "Unknown",
        present=len(present),
        missing=len(series) - len(present),
        distinct=len(names),
        categories=dict(listed),
    )
