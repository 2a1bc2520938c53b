"""Counts between edges against brute force, on data of every kind; sums that do not depend on any order."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipway.runtime.analyze.blob import BlobDamaged, pack_counts, pack_plans, unpack_counts, unpack_plans
from shipway.runtime.analyze.counts import Counts, absent, counted, counted_table, even_bounds, slot_of
from shipway.runtime.analyze.edges import SAMPLE, edges_of, sample_of
from shipway.runtime.analyze.kernel import CHUNK, distinct
from shipway.runtime.analyze.measure import clustering, ks_distance
from shipway.runtime.analyze.plan import Plan
from shipway.runtime.analyze.profile import profile, profile_table
from shipway.runtime.analyze.tables import over_columns

RANDOM = np.random.default_rng(5)
KINDS: dict[str, Callable[[int], pl.Series]] = {
    "random": lambda n: pl.Series("x", RANDOM.normal(size=n)),
    "discrete": lambda n: pl.Series("x", RANDOM.poisson(3, n)),
    "binary": lambda n: pl.Series("x", RANDOM.integers(0, 2, n).astype(bool)),
    "constant": lambda n: pl.Series("x", np.full(n, 7.5)),
    "all null": lambda n: pl.Series("x", [None] * n, dtype=pl.Float64),
    "holes": lambda n: pl.Series("x", [(None, float("nan"), 1.5, 2.0, i * 0.5)[i % 5] for i in range(n)]),
    "infinite": lambda n: pl.Series("x", RANDOM.choice([np.inf, -np.inf, 1.0, 2.5], n)),
    "far from zero": lambda n: pl.Series("x", 1e12 + RANDOM.normal(size=n)),
    "close together": lambda n: pl.Series("x", 1 + 1e-9 * RANDOM.normal(size=n)),
    "some close": lambda n: pl.Series(
        "x", np.where(RANDOM.random(n) < 0.01, 1 + 1e-9 * RANDOM.random(n), RANDOM.random(n))
    ),
    "huge and tiny": lambda n: pl.Series("x", RANDOM.choice([1e39, 2e39, -1e39, np.inf, 1e-50, -1e-50, 0.0, 1e-46], n)),
    "int64": lambda n: pl.Series("x", RANDOM.integers(-(2**63), 2**63 - 1, n)),
    "text": lambda n: pl.Series("x", [f"v{i}" for i in RANDOM.zipf(1.3, n) % 2000]),
    "zeros": lambda n: pl.Series("x", np.where(RANDOM.random(n) < 0.5, 0.0, RANDOM.random(n))),
}


def brute(plan: Plan, series: pl.Series) -> list[int]:
    """The same counts, one value at a time."""
    bins = [0] * plan.bins
    for value in series.to_list():
        if plan.numeric:
            bins[_numeric_bin(plan, value)] += 1
        else:
            bins[plan.places.get(str(value), plan.bins - 2) if value is not None else -1] += 1
    return bins


def _numeric_bin(plan: Plan, value: float | None) -> int:
    if value is None:
        return -1
    number = float(value)
    if np.isnan(number):
        return -2
    if np.isinf(number):
        return 0 if number < 0 else -3
    return 1 + sum(edge <= number for edge in plan.edges.tolist())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [1, 700, CHUNK + 100])
def test_counts_are_those_of_brute_force(kind: str, rows: int) -> None:
    baseline, window = KINDS[kind](rows), KINDS[kind](min(rows, 900))
    column, plan = profile(baseline)
    assert plan.rows == rows
    assert column.present + column.missing == rows
    assert plan.missing(plan.baseline) == column.missing
    found = counted(plan, window, even_bounds(len(window)))
    assert found.bins.tolist() == brute(plan, window)
    assert found.blocks.sum() == found.rows == len(window)
    if rows < 2000 and column.present:
        assert plan.baseline.tolist() == brute(plan, baseline)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sum_of_parts_is_the_whole(kind: str) -> None:
    _, plan = profile(KINDS[kind](5000))
    window = KINDS[kind](3000)
    whole = counted(plan, window, [0, *[3000] * 10])
    one, two = (counted(plan, part, [0, *[len(part)] * 10]) for part in (window[:1234], window[1234:]))
    both, back = Counts(one.bins.copy(), one.blocks.copy()), Counts(two.bins.copy(), two.blocks.copy())
    both.add(two)
    back.add(one)
    for summed in (both, back):
        assert summed.bins.tolist() == whole.bins.tolist()
        assert summed.blocks.tolist() == whole.blocks.tolist()
    one.add(two)
    assert (one.moments.count, one.moments.whole) == (whole.moments.count, whole.moments.whole)
    assert (one.moments.minimum, one.moments.maximum) == (whole.moments.minimum, whole.moments.maximum)
    assert one.moments.shifted == pytest.approx(whole.moments.shifted, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [1, 7, 3001])
def test_a_file_is_counted_as_its_column_is(kind: str, rows: int, tmp_path: Path) -> None:
    column, plan = profile(KINDS[kind](rows))
    window = KINDS[kind](rows).rename("x")
    window.to_frame().write_parquet(tmp_path / "window.parquet", row_group_size=700)
    table = pl.scan_parquet(tmp_path / "window.parquet")
    found, whole = counted_table(plan, table, rows), counted(plan, window, even_bounds(rows))
    assert found.bins.tolist() == whole.bins.tolist()
    assert found.blocks.tolist() == whole.blocks.tolist()
    assert (found.unknown, found.text) == (whole.unknown, whole.text)
    assert found.moments.count == whole.moments.count
    again, same = profile_table(table), profile(window)
    assert again[1].baseline.tolist() == same[1].baseline.tolist()
    assert again[0].present == same[0].present
    assert column.name == again[0].name == "x"


@pytest.mark.parametrize("rows", [1, 7, 10, 3001, 2**32 // 10, 2**32 // 10 + 1, 2**32 - 1])
def test_rows_of_a_file_are_in_slots_between_even_bounds(rows: int) -> None:
    bounds = even_bounds(rows)
    near = sorted({row for bound in bounds for row in (bound - 1, bound) if 0 <= row < rows})
    slots = pl.DataFrame({"row": near}, schema={"row": pl.UInt32}).select(slot_of(rows)).to_series().to_list()
    assert slots == [max(slot for slot in range(10) if bounds[slot] <= row) for row in near]


@pytest.mark.parametrize(("at", "found"), [(None, "Integral"), (0, "Fractional"), (SAMPLE, "Fractional")])
def test_one_value_with_a_rest_makes_a_column_fractional(at: int | None, found: str) -> None:
    values = np.arange(SAMPLE * 2, dtype=np.float64)
    if at is not None:
        values[at] += 0.5  # whether it is in the sample or not
    assert profile(pl.Series("x", values))[0].type == found


def test_columns_come_back_in_order() -> None:
    frame = pl.LazyFrame({f"c{at}": [at] for at in range(20)})
    assert over_columns(frame, lambda column: column.collect().item()) == list(range(20))


@pytest.mark.parametrize("n", [3, 255, 257, 742, 10_000])
def test_the_distance_is_the_exact_one_within_one_bin(n: int) -> None:
    baseline, window = RANDOM.normal(size=n), RANDOM.normal(0.4, 1.2, size=1500)
    _, plan = profile(pl.Series("x", baseline))
    found = counted(plan, pl.Series("x", window), even_bounds(1500))
    at = np.concatenate((baseline, window))
    below = [np.searchsorted(np.sort(values), at, side="right") / len(values) for values in (baseline, window)]
    exact = np.abs(below[0] - below[1]).max()
    distance = float(ks_distance(plan.baseline, found.bins))
    assert exact - 1 / 256 - 1 / n <= distance <= exact + 1e-12


def test_a_common_value_is_told_from_what_lies_just_above_it() -> None:
    zeros = np.where(RANDOM.random(20_000) < 0.5, 0.0, 1 + RANDOM.random(20_000))
    _, plan = profile(pl.Series("x", zeros))
    moved = np.where(zeros == 0.0, 1e-9, zeros)
    found = counted(plan, pl.Series("x", moved), even_bounds(20_000))
    assert float(ks_distance(plan.baseline, found.bins)) == pytest.approx(0.5, abs=0.02)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=400))
@settings(max_examples=60, deadline=None)
def test_edges_ascend_and_hold_all_values(values: list[float]) -> None:
    ordered = np.sort(np.array(values))
    with np.errstate(over="ignore"):
        edges = edges_of(ordered)
    assert np.all(edges[1:] > edges[:-1])
    assert edges[0] == ordered[0]
    assert edges[-1] > ordered[-1]
    assert len(edges) <= 260


@pytest.mark.parametrize("values", [[], [2.0], [3.0, -0.0, 1.5, 0.0, 3.0, 3.0]])
def test_distinct_values_are_those_of_numpy(values: list[float]) -> None:
    assert distinct(np.array(values)).tolist() == np.unique(values).tolist()


def test_a_sample_covers_the_data_in_any_order() -> None:
    ordered = sample_of(np.array_split(np.arange(SAMPLE * 3 + 7, dtype=np.float64), 5), SAMPLE * 3 + 7)
    assert len(ordered) == SAMPLE
    assert np.abs(ordered / (SAMPLE * 3 + 7) - (np.arange(SAMPLE) + 0.5) / SAMPLE).max() < 1e-4


@pytest.mark.parametrize(("copies", "low", "high"), [(1, 1.0, 1.2), (20, 15.0, 25.0), (5, 4.0, 6.5)])
def test_rows_in_runs_of_copies_are_seen_as_clustered(copies: int, low: float, high: float) -> None:
    _, plan = profile(pl.Series("x", RANDOM.normal(size=10_000)))
    hours = []
    for _ in range(20):
        window = pl.Series("x", np.repeat(RANDOM.normal(size=2000 // copies), copies))
        hours.append(counted(plan, window, even_bounds(len(window))))
    found = clustering(hours)
    assert found is not None
    assert low <= found <= high


def test_rows_of_a_single_moment_may_all_be_one() -> None:
    _, plan = profile(pl.Series("x", RANDOM.normal(size=1000)))
    window = pl.Series("x", RANDOM.normal(size=1000))
    burst = counted(plan, window, [0, *[1000] * 10])
    assert clustering([burst]) is None
    assert clustering([]) is None
    other = counted(plan, window * 2, [0, *[1000] * 10])
    assert (clustering([burst, other]) or 0) > 2  # hours are compared where blocks can't be


def test_a_straggler_makes_no_cluster() -> None:
    _, plan = profile(pl.Series("x", RANDOM.normal(size=10_000)))
    moved = np.append(RANDOM.normal(6.0, 0.1, size=990), -1.0)  # all but one row lie where a tenth was
    hour = counted(plan, pl.Series("x", moved), [*range(0, 990, 110), 990, 991])
    assert clustering([hour]) == 1.0


def test_a_burst_is_compared_with_the_rest_of_its_hour() -> None:
    _, plan = profile(pl.Series("x", RANDOM.normal(size=10_000)))
    rows = RANDOM.normal(size=1040)
    bounds = [*range(0, 91, 10), 1040]  # nine blocks of ten rows, and a burst
    assert (clustering([counted(plan, pl.Series("x", rows), bounds)]) or 9) < 2
    rows[90:] = rows[90]
    assert (clustering([counted(plan, pl.Series("x", rows), bounds)]) or 0) > 5


def test_a_column_that_is_not_there_is_missing() -> None:
    _, plan = profile(pl.Series("x", RANDOM.normal(size=1000)))
    found = absent(plan, even_bounds(50))
    assert (found.rows, plan.missing(found.bins), int(found.blocks[:, -1].sum())) == (50, 50, 50)


def test_plans_and_counts_survive_being_written() -> None:
    plans = [profile(KINDS[kind](800))[1] for kind in ("random", "text", "binary")]
    again, header = unpack_plans(pack_plans(plans, {"rows": 800}))
    assert header["rows"] == 800
    assert [plan.key for plan in again] == [plan.key for plan in plans]
    for before, after in zip(plans, again, strict=True):
        assert after.baseline.tolist() == before.baseline.tolist()
        assert after.edges.tolist() == before.edges.tolist()
        assert (after.categories, after.centre, after.singles) == (before.categories, before.centre, before.singles)
    counts = {plan.key: counted(plan, KINDS["text"](500), even_bounds(500)) for plan in plans[1:2]}
    data = pack_counts(counts, {"rows": 500})
    found, header, length = unpack_counts(data + b"what follows")
    assert (length, header["rows"]) == (len(data), 500)
    assert found["x"].bins.tolist() == counts["x"].bins.tolist()
    assert found["x"].unknown == counts["x"].unknown


@pytest.mark.parametrize("damage", [b"", b"SHPROF1\n", b"x" * 100])
def test_damaged_bytes_are_refused(damage: bytes) -> None:
    with pytest.raises(BlobDamaged):
        unpack_plans(damage)
    whole = pack_plans([profile(pl.Series("x", [1.0, 2.0]))[1]], {})
    with pytest.raises(BlobDamaged):
        unpack_plans(whole[:-3])
    with pytest.raises(BlobDamaged):
        unpack_plans(whole[:-3] + b"abc")
