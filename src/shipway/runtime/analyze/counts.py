"""What an hour, or any other heap of rows, counted. Adding two is adding whole numbers: order never matters."""

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from .kernel import Counter, Floats, Ints, Moments
from .plan import GROUPS, SLOTS, Plan

LISTED = 1000  # unknown categories that are kept by name, each a category of its own


@dataclass(slots=True)
class Counts:
    """One feature of some rows.

    bins: rows in each of the plan's bins. blocks: rows by slot and group, shape (SLOTS, GROUPS).
    moments: of the finite numbers. text: values of a numeric feature that are no numbers; they are in the NaN bin.
    unknown: category that the baseline does not have -> rows, some of them.
    """

    bins: Ints
    blocks: Ints
    moments: Moments = field(default_factory=Moments)
    text: int = 0
    unknown: Tally[str] = field(default_factory=Tally)

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.bins.sum())

    def add(self, other: "Counts") -> None:
        """Take in another's rows, counted by the same plan."""
        self.bins += other.bins
        self.blocks += other.blocks
        self.moments.add(other.moments)
        self.text += other.text
        self.unknown = Tally(dict((self.unknown + other.unknown).most_common(LISTED)))


def nothing(plan: Plan) -> Counts:
    """Return the counts of no rows."""
    return Counts(bins=np.zeros(plan.bins, dtype=np.int64), blocks=np.zeros((SLOTS, GROUPS), dtype=np.int64))


def absent(plan: Plan, bounds: Sequence[int]) -> Counts:
    """Return the counts of rows that do not have the feature at all. bounds: as in `counted`."""
    found = nothing(plan)
    found.bins[-1] = bounds[-1]
    found.blocks[:, -1] = np.diff(np.asarray(bounds))
    return found


def counted(plan: Plan, series: pl.Series, bounds: Sequence[int]) -> Counts:
    """Return the counts of a column. bounds: where each slot's rows begin, and the end; shape (SLOTS + 1,)."""
    return _numbers(plan, series, bounds) if plan.numeric else _categories(plan, series, bounds)


def even_bounds(rows: int) -> list[int]:
    """Return the bounds of slots of equal length, for rows in order whose times are not known."""
    return [rows * slot // SLOTS for slot in range(SLOTS + 1)]


def _numbers(plan: Plan, series: pl.Series, bounds: Sequence[int]) -> Counts:
    found = nothing(plan)
    values, nulls, text = as_numbers(series)
    counter = Counter(plan.edges, plan.centre)
    for slot in range(SLOTS):
        part = values[bounds[slot] : bounds[slot + 1]]
        if not len(part):
            continue
        bins = np.append(counter.count(part, found.moments), 0)
        missing = int(nulls[bounds[slot] : bounds[slot + 1]].sum()) if nulls is not None else 0
        bins[-2] -= missing  # nulls are NaN in the array
        bins[-1] = missing
        found.bins += bins
        found.blocks[slot] = np.bincount(plan.groups, weights=bins, minlength=GROUPS)
    found.text = text
    return found


def as_numbers(series: pl.Series) -> tuple[Floats, Ints | None, int]:
    """Return a column as doubles with NaN for what is missing, which of them are null (None: none), and its texts.

    A text that is no number is NaN and is counted; blank text is null.
    """
    text = 0
    if series.dtype == pl.Categorical:
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        trimmed = series.str.strip_chars().replace("", None)
        numbers = trimmed.cast(pl.Float64, strict=False)
        text = numbers.null_count() - trimmed.null_count()
        nulls = trimmed.is_null().to_numpy() if trimmed.null_count() else None
        return numbers.to_numpy(), nulls, text
    numbers = series.cast(pl.Float64, strict=False)
    nulls = numbers.is_null().to_numpy() if numbers.null_count() else None
    return numbers.to_numpy(), nulls, text


def _categories(plan: Plan, series: pl.Series, bounds: Sequence[int]) -> Counts:
    found = nothing(plan)
    for slot in range(SLOTS):
        part = series.slice(bounds[slot], bounds[slot + 1] - bounds[slot])
        if not len(part):
            continue
        bins = np.zeros(plan.bins, dtype=np.int64)
        table = tally(part)
        unknown = table.filter(pl.col("value").is_in(plan.categories).not_())
        for value, rows in table.filter(pl.col("value").is_in(plan.categories)).iter_rows():
            bins[plan.places[value]] += rows
        bins[-2] = unknown["rows"].sum()
        bins[-1] = len(part) - bins[:-1].sum()
        found.unknown.update(dict(unknown.top_k(LISTED, by="rows").iter_rows()))
        found.bins += bins
        found.blocks[slot] = np.bincount(plan.groups, weights=bins, minlength=GROUPS)
    found.unknown = Tally(dict(found.unknown.most_common(LISTED)))
    return found


def tally(series: pl.Series) -> pl.DataFrame:
    """Return columns value and rows, one row for each text; blank text and null are left out."""
    table = series.alias("value").value_counts(name="rows")
    table = table.with_columns(pl.col("value").cast(pl.String).str.strip_chars())
    table = table.filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
    return table.group_by("value").agg(pl.col("rows").sum()) if table["value"].is_duplicated().any() else table
