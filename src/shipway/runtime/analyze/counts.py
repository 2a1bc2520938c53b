"""What an hour, or any other heap of rows, counted. Adding two is adding whole numbers: order never matters."""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import polars as pl

from .kernel import Counter, Floats, Ints, Moments
from .plan import GROUPS, SLOTS, Plan

TEXTS = (pl.String, pl.Categorical, pl.Enum)
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
    if plan.numeric:
        return _numbers(plan, [series], bounds)
    slots = np.repeat(np.arange(SLOTS, dtype=np.int8), np.diff(np.asarray(bounds)))
    return _categories(plan, tally(pl.LazyFrame({"value": series, "slot": slots})), bounds)


def even_bounds(rows: int) -> list[int]:
    """Return the bounds of slots of equal length, for rows in order whose times are not known."""
    return [rows * slot // SLOTS for slot in range(SLOTS + 1)]


def counted_table(plan: Plan, column: pl.LazyFrame, rows: int) -> Counts:
    """Return the counts of a file's only column of so many rows, in order, whose times are not known.

    The values are counted while they are read, and never all in memory.
    """
    if plan.numeric:
        batches = column.collect_batches(maintain_order=True)
        return _numbers(plan, (batch.to_series() for batch in batches), even_bounds(rows))
    table = column.select(pl.first().alias("value")).with_row_index("row")
    return _categories(plan, tally(table.select("value", slot_of(rows).alias("slot"))), even_bounds(rows))


def slot_of(rows: int) -> pl.Expr:
    """Return the slot of a row by its column row, counted from 0: the last of even_bounds that is not above it."""
    small = SLOTS * rows < 1 << 32  # 64 bits are several times as slow
    return (SLOTS * pl.col("row").cast(pl.UInt32 if small else pl.UInt64) + (SLOTS - 1)) // rows


def _numbers(plan: Plan, parts: Iterable[pl.Series], bounds: Sequence[int]) -> Counts:
    """Return the counts of a column that comes in parts, in order."""
    found, bins = nothing(plan), np.zeros((SLOTS, plan.bins), dtype=np.int64)
    counter, offset = Counter(plan.edges, plan.centre), 0
    for part in parts:
        numbers, text = as_numbers(part)
        found.text += text
        for slot, (start, end) in enumerate(pairwise(bounds)):
            first, last = max(start - offset, 0), min(end - offset, len(part))
            if first < last:
                count(numbers.slice(first, last - first), counter, found.moments, bins[slot])
        offset += len(part)
    return _filled(found, plan, bins)


def count(numbers: pl.Series, counter: Counter, moments: Moments, bins: Ints) -> None:
    """Add values to a plan's bins, the last of which is null."""
    for chunk in numbers.get_chunks():
        values = chunk.drop_nulls() if chunk.null_count() else chunk
        bins[:-1] += counter.count(values.to_numpy(), moments)
    bins[-1] += numbers.null_count()


def as_numbers(series: pl.Series) -> tuple[pl.Series, int]:
    """Return a column as doubles, null where nothing is, and how many of its values are texts.

    A text that is no number is NaN and is counted; blank text is null.
    """
    if series.dtype not in TEXTS:
        return series.cast(pl.Float64, strict=False), 0
    trimmed = series.cast(pl.String).str.strip_chars().replace("", None)
    numbers = trimmed.cast(pl.Float64, strict=False)
    text = numbers.null_count() - trimmed.null_count()
    return numbers.set(numbers.is_null() & trimmed.is_not_null(), np.nan) if text else numbers, text


def arrays_of(numbers: pl.Series) -> Iterator[Floats]:
    """Yield a column of doubles as it lies in memory, chunk by chunk, nulls as NaN."""
    for chunk in numbers.get_chunks():
        yield (chunk.fill_null(np.nan) if chunk.null_count() else chunk).to_numpy()


def _categories(plan: Plan, table: pl.DataFrame, bounds: Sequence[int]) -> Counts:
    """Return the counts of a column of texts. table: as `tally` makes it."""
    found = nothing(plan)
    bins = np.zeros((SLOTS, plan.bins), dtype=np.int64)
    known = pl.col("value").is_in(plan.categories)
    for value, slot, rows in table.filter(known).iter_rows():
        bins[slot, plan.places[value]] += rows
    unknown = table.filter(known.not_())
    for slot, rows in unknown.group_by("slot").agg(pl.col("rows").sum()).iter_rows():
        bins[slot, -2] = rows
    bins[:, -1] = np.diff(np.asarray(bounds)) - bins.sum(axis=1)
    named = unknown.group_by("value").agg(pl.col("rows").sum()).sort("rows", "value", descending=[True, False])
    found.unknown.update(dict(named.head(LISTED).iter_rows()))
    return _filled(found, plan, bins)


def _filled(found: Counts, plan: Plan, bins: Ints) -> Counts:
    """Return counts with rows by slot and bin, shape (SLOTS, bins), put in."""
    found.bins += bins.sum(axis=0)
    for slot in range(SLOTS):
        found.blocks[slot] = np.bincount(plan.groups, weights=bins[slot], minlength=GROUPS)
    return found


def tally(column: pl.LazyFrame) -> pl.DataFrame:
    """Return columns value, slot and rows, one row for each text of a slot; blank text and null are left out.

    column: columns value and slot.
    """
    table = column.group_by("value", "slot").agg(pl.len().alias("rows")).collect(engine="streaming")
    table = table.with_columns(pl.col("value").cast(pl.String).str.strip_chars())
    table = table.filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
    return table.group_by("value", "slot").agg(pl.col("rows").sum())
