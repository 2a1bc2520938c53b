"""A counter read now and then, as invocations of whole minutes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.scaling_meter import KEPT, Meter, read, started

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def readings(*pairs: tuple[float, int], counter: str = "a", busy: int = 0) -> Meter:
    meter = started(counter, pairs[0][1], at(pairs[0][0]))
    for seconds, total in pairs[1:]:
        meter = read(meter, counter, total, busy, at(seconds))
    return meter


def test_the_minute_in_which_it_begins_does_not_count() -> None:
    meter = readings((30, 100), (59, 110), (61, 110), (119, 150), (121, 150))
    assert meter.minutes == (None, 40)


def test_what_came_between_two_readings_is_spread_evenly() -> None:
    meter = readings((30, 0), (60, 0), (90, 60), (150, 120), (180, 180))
    assert meter.minutes == (None, 90, 90)


def test_nobody_says_how_an_hour_without_readings_was_spread() -> None:
    meter = readings((0, 0), (60, 10), (120, 20), (3720, 500), (3780, 560))
    assert len(meter.minutes) == KEPT
    assert meter.minutes[-3:] == (None, None, 60)


def test_a_day_without_readings_costs_nothing() -> None:
    meter = readings((0, 0), (60, 10), (10 * 86_400, 20))
    assert meter.minutes == (None,) * KEPT


def test_a_counter_that_began_anew_in_a_moment_goes_on() -> None:
    meter = read(readings((0, 0), (60, 0), (100, 40)), "b", 3, 0, at(102))
    assert read(meter, "b", 10, 0, at(121)).minutes[-1] == 50


def test_a_counter_that_began_anew_unseen_does_not() -> None:
    meter = read(readings((0, 0), (60, 0), (100, 40)), "b", 3, 0, at(110))
    assert read(meter, "b", 10, 0, at(121)).minutes[-1] is None


def test_quiet_since_the_last_request() -> None:
    assert readings((0, 5), (10, 6), (30, 6)).quiet_since == at(10)
    assert readings((0, 5), (10, 5), (30, 5), busy=1).quiet_since == at(30)


@given(st.lists(st.tuples(st.floats(0.2, 80), st.integers(0, 500)), min_size=1, max_size=60))
def test_no_invocation_is_lost_or_counted_twice(steps: list[tuple[float, int]]) -> None:
    meter, moment, total = started("a", 0, at(-1)), at(0), 0
    meter = read(meter, "a", 0, 0, moment)
    since = 0
    for seconds, more in steps:
        before = len(meter.minutes)
        moment, total = moment + timedelta(seconds=seconds), total + more
        meter = read(meter, "a", total, 0, moment)
        since += len(meter.minutes) - before
    counted = [each for each in meter.minutes if each is not None]
    if len(meter.minutes) < KEPT and meter.partial is not None:
        assert abs(sum(counted) + meter.partial - total) <= len(counted)
