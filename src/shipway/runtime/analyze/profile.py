"""What one column of a data set looks like: type, completeness, moments, distribution, and how to count the next."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from .counts import Counts, arrays_of, as_numbers, count, tally
from .edges import edges_of, sample_of
from .kernel import LOWEST, Counter, Moments
from .plan import CATEGORIES, Plan
from .sketch import Bucket, Levels, buckets, sketch, spread

GLANCE = 1000  # rows that tell a column of texts from one of numbers, before all of them are looked at
InferredType = Literal["Integral", "Fractional", "String", "Unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A numeric column without its missing values.

    mean, total, deviation (population), minimum, maximum: in the column's own unit.
    buckets: (lower, upper, rows), equally wide. levels: of the sketch; level i weighs 2**i.
    """

    mean: float
    total: float
    deviation: float
    minimum: float
    maximum: float
    buckets: tuple[Bucket, ...]
    levels: Levels


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


def profile(series: pl.Series) -> tuple[Column, Plan]:
    """Return the profile of one column, and the plan by which later rows of it are counted.

    Blank text, null, NaN and infinities count as missing.
    """
    return profile_table(series.to_frame().lazy())


def profile_table(column: pl.LazyFrame) -> tuple[Column, Plan]:
    """Return the same of a file's only column. Texts are counted while they are read, and never all in memory."""
    ((name, kind),) = column.collect_schema().items()
    if kind == pl.Boolean or kind.is_numeric():
        return _numeric(column.collect(engine="streaming").to_series())
    if kind == pl.String and _all_numbers(column.head(GLANCE).collect().to_series()):
        series = column.collect(engine="streaming").to_series()
        if _all_numbers(series):
            return _numeric(series)
    table = tally(column.select(pl.first().alias("value"), pl.lit(0).alias("slot")))
    if kind != pl.String and len(table) and _all_numbers(table["value"]):
        return _numeric(column.collect(engine="streaming").to_series())
    return _text(name, table, int(column.select(pl.len()).collect().item()))


def _all_numbers(series: pl.Series) -> bool:
    """Tell whether every text that is not blank is a number."""
    texts = series.str.strip_chars().replace("", None)
    return texts.cast(pl.Float64, strict=False).null_count() == texts.null_count()


def _numeric(series: pl.Series) -> tuple[Column, Plan]:
    numbers, _ = as_numbers(series)
    drawn = sample_of(arrays_of(numbers), len(numbers))  # missing values are NaN, sorted to the end
    first, last = drawn.searchsorted((LOWEST, np.inf))
    finite = drawn[first:last]
    if not len(finite):
        return _text(series.name, tally(pl.LazyFrame({"value": [], "slot": []})), len(series))
    edges, centre = edges_of(finite), float(finite[len(finite) // 2])
    integral = bool(np.all(np.rint(finite) == finite))  # or else none has to be counted
    moments, counter = Moments(), Counter(edges, centre, wholes=integral)
    bins = np.zeros(counter.bins() + 1, dtype=np.int64)
    count(numbers, counter, moments, bins)
    figures = _figures(moments, centre, sketch(finite, moments.count))
    plan = Plan(name=series.name, numeric=True, baseline=bins, edges=edges, centre=centre, deviation=figures.deviation)
    column = Column(
        name=series.name,
        type="Integral" if moments.whole == moments.count else "Fractional",
        present=moments.count,
        missing=len(series) - moments.count,
        numbers=figures,
    )
    return column, plan


def _figures(moments: Moments, centre: float, levels: Levels) -> Numbers:
    mean = moments.shifted / moments.count
    return Numbers(
        mean=mean + centre,
        total=moments.shifted + centre * moments.count,
        deviation=float(np.sqrt(max(0.0, moments.squared / moments.count - mean * mean))),
        minimum=moments.minimum,
        maximum=moments.maximum,
        buckets=buckets(levels, moments.minimum, moments.maximum),
        levels=levels,
    )


def _text(name: str, table: pl.DataFrame, size: int) -> tuple[Column, Plan]:
    counts = table.sort("rows", "value", descending=[True, False])
    names, rows = counts["value"].head(CATEGORIES).to_list(), counts["rows"].head(CATEGORIES).to_list()
    present = int(counts["rows"].sum())
    missing = size - present
    plan = Plan(
        name=name,
        numeric=False,
        baseline=np.array([*rows, present - sum(rows), missing], dtype=np.int64),
        categories=tuple(names),
        singles=int((counts["rows"] == 1).sum()),
    )
    column = Column(
        name=name,
        type="String" if present else "Unknown",
        present=present,
        missing=missing,
        distinct=len(counts),
        categories=dict(zip(names, rows, strict=True)),
    )
    return column, plan


def seen(plan: Plan, counts: Counts) -> Column:
    """Return what counted rows look like. Their sketch is drawn from the counts: right to 1/256 of the ranks."""
    missing = plan.missing(counts.bins)
    if not plan.numeric:
        named = dict(zip(plan.categories, counts.bins[:-2].tolist(), strict=True)) | dict(counts.unknown)
        found = {name: rows for name, rows in sorted(named.items(), key=lambda pair: (-pair[1], pair[0])) if rows}
        present = counts.rows - missing
        type_: InferredType = "String" if present else "Unknown"
        return Column(
            name=plan.name, type=type_, present=present, missing=missing, distinct=len(found), categories=found
        )
    moments = counts.moments
    if not moments.count:
        return Column(name=plan.name, type="Unknown", present=0, missing=counts.rows)
    values = spread(plan.edges, counts.bins[1:-3].tolist(), (moments.minimum, moments.maximum))
    if moments.whole == moments.count:
        values = np.rint(values)
    return Column(
        name=plan.name,
        type="Integral" if moments.whole == moments.count else "Fractional",
        present=moments.count,
        missing=counts.rows - moments.count,
        numbers=_figures(moments, plan.centre, sketch(values, moments.count)),
    )
