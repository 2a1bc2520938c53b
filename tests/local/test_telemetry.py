"""The metrics of a home: each minute once, all resolutions agree, and nothing is kept longer than promised."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.domain.metric import Series, Statistics, StatisticUnknown
from shipway.targets.local.telemetry import Telemetry

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATENCY = Series.of("Latency", {"FunctionName": "tiny-api"})


@pytest.fixture
def telemetry(tmp_path: Path) -> Telemetry:
    return Telemetry(tmp_path)


def minute(*values: float) -> Statistics | None:
    return Statistics.of((value, 1) for value in values)


def sums(telemetry: Telemetry, period: timedelta, hours: int = 3) -> list[float]:
    return [value for _, value in telemetry.statistics(LATENCY, START, START + hours * HOUR, period, "Sum")]


def test_periods_begin_where_clocks_do_and_empty_ones_are_left_out(telemetry: Telemetry) -> None:
    for at, value in ((0, 1.0), (4, 2.0), (5, 4.0), (75, 8.0)):
        telemetry.merge(LATENCY, START + at * MINUTE, minute(value))
    assert telemetry.statistics(LATENCY, START, START + 3 * HOUR, 5 * MINUTE, "Sum") == [
        (START, 3.0),
        (START + 5 * MINUTE, 4.0),
        (START + 75 * MINUTE, 8.0),
    ]
    assert sums(telemetry, MINUTE) == [1, 2, 4, 8]
    assert sums(telemetry, HOUR) == [7, 8]
    assert sums(telemetry, 2 * MINUTE) == [1, 6, 8]


def test_the_same_minute_said_again_replaces_it_at_every_resolution(telemetry: Telemetry) -> None:
    for value in (5.0, 5.0, 1.0):
        telemetry.merge(LATENCY, START, minute(value, value))
        telemetry.merge(LATENCY, START + MINUTE, minute(10.0))
        assert sums(telemetry, MINUTE) == [2 * value, 10]
        assert sums(telemetry, 5 * MINUTE) == sums(telemetry, HOUR) == [2 * value + 10]
    assert [(each.count, each.total) for each in telemetry.totals()] == [(3, 12.0)]


def test_recorded_values_add_up_within_their_minute(telemetry: Telemetry) -> None:
    for second in (0, 30, 59):
        telemetry.record(LATENCY, 2.0, START + timedelta(seconds=second), count=2)
    assert sums(telemetry, MINUTE) == sums(telemetry, HOUR) == [12]


def test_percentiles_of_a_period_come_from_all_of_its_values(telemetry: Telemetry) -> None:
    for at in range(60):
        telemetry.merge(LATENCY, START + at * MINUTE, minute(*range(at * 10 + 1, at * 10 + 11)))
    for period in (HOUR, 60 * MINUTE):
        [(_, value)] = telemetry.statistics(LATENCY, START, START + HOUR, period, "p50")
        assert value == pytest.approx(300, rel=0.01)


def test_windows_slide_by_the_minute(telemetry: Telemetry) -> None:
    for at in (0, 1, 2, 7):
        telemetry.merge(LATENCY, START + at * MINUTE, minute(1.0))
    found = telemetry.windows(LATENCY, START + 8 * MINUTE, 2 * MINUTE, 4)
    assert [each and each.total for each in found] == [2.0, 1.0, None, 1.0]
    found = telemetry.windows(LATENCY, START + 7 * MINUTE, 2 * MINUTE, 3)
    assert [each and each.total for each in found] == [2.0, None, None]


def test_each_resolution_is_kept_as_long_as_promised(telemetry: Telemetry) -> None:
    telemetry.merge(LATENCY, START, minute(1.0))
    for days, kept in ((14, (1, 1, 1)), (16, (0, 1, 1)), (64, (0, 0, 1)), (456, (0, 0, 0))):
        telemetry.expire(START + timedelta(days=days))
        assert tuple(len(sums(telemetry, period)) for period in (MINUTE, 5 * MINUTE, HOUR)) == kept
    assert telemetry.series() == []


def test_how_far_somebody_has_come_is_kept(telemetry: Telemetry, tmp_path: Path) -> None:
    assert telemetry.mark("collected") is None
    telemetry.set_mark("collected", START)
    assert Telemetry(tmp_path).mark("collected") == START


def test_threads_do_not_lose_values_to_each_other(telemetry: Telemetry) -> None:
    def write() -> None:
        for at in range(20):
            telemetry.record(LATENCY, 1.0, START + at * MINUTE)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sums(telemetry, HOUR) == [80]


def test_an_unknown_statistic_is_refused_also_without_values(telemetry: Telemetry) -> None:
    with pytest.raises(StatisticUnknown):
        telemetry.statistics(LATENCY, START, START + HOUR, MINUTE, "median")
