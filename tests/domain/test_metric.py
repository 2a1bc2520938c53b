"""Statistics that add up: every one is what the plain values give, percentiles within their stated error."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.metric import (
    ERROR,
    Series,
    SeriesInvalid,
    Statistics,
    StatisticUnknown,
    bucket,
    is_percentile,
    is_statistic,
    percentile,
)
from shipway.domain.metric_catalogue import CATALOGUE, metric_of, of_drift

VALUES = st.lists(st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-9), min_size=1, max_size=200)


def of(values: list[float]) -> Statistics:
    found = Statistics.of((value, 1) for value in values)
    assert found is not None
    return found


def rank_value(values: list[float], fraction: float) -> float:
    return sorted(values)[max(1, math.ceil(fraction * len(values) - 1e-9)) - 1]


@given(VALUES)
def test_every_statistic_is_that_of_the_values(values: list[float]) -> None:
    found = of(values)
    assert found.value("SampleCount") == len(values)
    assert found.value("Sum") == pytest.approx(math.fsum(values))
    assert found.value("Average") == pytest.approx(math.fsum(values) / len(values))
    assert (found.value("Minimum"), found.value("Maximum")) == (min(values), max(values))
    for statistic in ("p0", "p10", "p50", "p99", "p99.9", "p100"):
        wanted = rank_value(values, percentile(statistic))
        assert found.value(statistic) == pytest.approx(wanted, rel=ERROR * 1.001, abs=1e-12)


@given(VALUES, VALUES)
def test_parts_add_up_to_the_whole_in_any_order(one: list[float], other: list[float]) -> None:
    whole, there, back = of(one + other), of(one) + of(other), of(other) + of(one)
    assert there.buckets == back.buckets == whole.buckets
    assert there.value("p95") == back.value("p95") == whole.value("p95")
    assert there.total == pytest.approx(whole.total)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_buckets_are_in_the_order_of_their_values(one: float, other: float) -> None:
    if one <= other:
        assert bucket(one) <= bucket(other)


def test_a_percentile_of_many_values_is_near_the_true_one() -> None:
    chance = random.Random(1)  # noqa: S311
    values = [chance.lognormvariate(3, 1) for _ in range(20_000)]
    for fraction in (0.5, 0.95, 0.99):
        assert of(values).value(f"p{fraction * 100:g}") == pytest.approx(rank_value(values, fraction), rel=ERROR)


def test_what_is_no_number_is_no_value() -> None:
    assert Statistics.of([(math.nan, 1), (math.inf, 3), (5.0, 0)]) is None
    assert Statistics.of([]) is None


@pytest.mark.parametrize("text", ["p99", "p99.9", "p0", "p100", "p0.01", "Sum", "SampleCount"])
def test_statistics_that_there_are(text: str) -> None:
    assert is_statistic(text)
    assert is_percentile(text) == text.startswith("p")


@pytest.mark.parametrize("text", ["p101", "p", "p-1", "99", "sum", "tm90", "p99.", ""])
def test_statistics_that_there_are_not(text: str) -> None:
    assert not is_statistic(text)
    with pytest.raises(StatisticUnknown):
        of([1.0]).value(text)


def test_equal_series_are_equal_however_they_were_written() -> None:
    assert Series("A", (("b", "2"), ("a", "1"))) == Series.of("A", {"a": "1", "b": "2"})
    assert str(Series.of("A", {"b": "2", "a": "1"})) == "A{a=1, b=2}"
    with pytest.raises(SeriesInvalid):
        Series("no blanks")


def test_every_metric_is_described_once() -> None:
    assert len({each.name for each in CATALOGUE}) == len({each.exported for each in CATALOGUE}) == len(CATALOGUE)
    assert all(metric_of(each.name) is each for each in CATALOGUE)
    assert metric_of(of_drift("distance").name) is CATALOGUE[-1]
    assert metric_of("Nonsense") is None
