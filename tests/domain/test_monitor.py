"""Which windows are analysed when, and what the job is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.monitor import (
    Places,
    Window,
    WindowInvalid,
    analysis_request,
    drift_environment,
    due,
    horizons,
    next_end,
    overrides,
)
from shipway.domain.project import MonitoringSettings, Project

HOUR = timedelta(hours=1)
GRACE = timedelta(minutes=2)
LIVE = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "done", "ends"),
    [
        (at(10, 45), (), ()),
        (at(11, 1), (), ()),  # records of the last minutes may still be on their way
        (at(11, 2), (), (at(11),)),  # the first window began before the release went live
        (at(13, 5), (), (at(11), at(12), at(13))),  # nothing ran for two hours
        (at(13, 5), (at(11), at(13)), (at(12),)),
        (at(13, 5), (at(11), at(12), at(13)), ()),
    ],
)
def test_each_window_since_the_release_is_analysed_once(
    now: datetime, done: tuple[datetime, ...], ends: tuple[datetime, ...]
) -> None:
    assert tuple(window.end for window in due(HOUR, LIVE, done, now, GRACE)) == ends


def test_windows_of_long_ago_are_not_made_up_for() -> None:
    found = due(HOUR, LIVE, (), at(12, 5, day=9), GRACE)
    assert (found[0].end, found[-1].end, len(found)) == (at(12, day=8), at(12, day=9), 25)


def test_windows_of_several_hours_begin_at_multiples_of_it() -> None:
    found = due(6 * HOUR, LIVE, (), at(18, 2), GRACE)
    assert [(each.start, each.end) for each in found] == [(at(6), at(12)), (at(12), at(18))]


@pytest.mark.parametrize(("now", "end"), [(at(10, 30), at(11, 2)), (at(11, 1), at(11, 2)), (at(11, 2), at(12, 2))])
def test_the_next_one_is_told(now: datetime, end: datetime) -> None:
    assert next_end(HOUR, now, GRACE) == end


@pytest.mark.parametrize(
    ("wanted", "window", "asked", "judged"),
    [
        ((1, 24, 168), 1, False, (1, 24, 168)),
        ((1, 24, 168), 6, False, (6, 24, 168)),  # none is shorter than the window
        ((1, 2, 24), 6, False, (6, 24)),
        ((24,), 1, False, (24,)),
        ((24,), 1, True, (1, 24)),  # who asks for a window wants to know of it
        ((1, 24, 168), 3, True, (3, 24, 168)),
        ((1, 24, 168), 720, True, (720,)),
    ],
)
def test_which_horizons_an_analysis_judges(
    wanted: tuple[int, ...], window: int, asked: bool, judged: tuple[int, ...]
) -> None:
    settings = MonitoringSettings(horizons=tuple(each * HOUR for each in wanted))
    assert horizons(settings, window * HOUR, asked=asked) == judged


def test_the_job_is_told_how_many_share_the_budget() -> None:
    settings = MonitoringSettings(every=7 * HOUR, horizons=(HOUR, 24 * HOUR))
    told = drift_environment(settings, 7 * HOUR)
    assert (told["drift_horizons"], told["drift_windows"]) == ("7,24", "103")


def test_a_window_has_a_beginning_before_its_end() -> None:
    with pytest.raises(WindowInvalid):
        Window(start=at(11), end=at(11))


def test_thresholds_of_features_and_those_not_watched_change_the_constraints() -> None:
    settings = MonitoringSettings(thresholds={"a": 0.2}, features=("a", "b"))
    assert overrides(settings, ("a", "b", "c")) == {"a": {"tolerance": 0.2}, "c": {"compare": False}}
    assert overrides(MonitoringSettings(), ("a",)) == {}


def test_the_job_gets_its_window_to_the_microsecond() -> None:
    places = Places(captures="s3://b/c", baseline="s3://b/base", history="", results="s3://b/r")
    window = Window(start=at(10), end=at(11) + timedelta(microseconds=1))
    asked = analysis_request(Project(name="tiny"), "tiny-prod-1", "analyze@1", window, places)
    environment = asked["Environment"]
    assert isinstance(environment, dict)
    assert environment["start_time"] == "2026-03-01T10:00:00.000000Z"
    assert environment["end_time"] == "2026-03-01T11:00:00.000001Z"
    assert environment["sagemaker_monitoring_schedule_name"] == "tiny-monitor"
    assert (environment["drift_horizons"], environment["drift_windows"]) == ("2,24,168", "720")
    inputs = asked["ProcessingInputs"]
    assert isinstance(inputs, list)
    assert [each["InputName"] for each in inputs if isinstance(each, dict)] == ["endpoint", "baseline"]
