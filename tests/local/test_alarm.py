"""Alarms of a home: looked at each minute, each change once, and what they say about a release."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.domain.alarm import Alarm, AlarmState, Missing
from shipway.domain.alarm_rule import composite
from shipway.domain.alarm_settings import AlarmSet
from shipway.domain.alarm_suppression import Suppressor
from shipway.domain.metric import Series
from shipway.targets.local.alarm import STALE, Alarms
from shipway.targets.local.home import Home
from shipway.targets.local.telemetry import Telemetry

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ERRORS = Series("Errors")
OK, ALARM, INSUFFICIENT = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA


def watched(name: str = "errors", release: int | None = None, missing: Missing = Missing.MISSING) -> Alarm:
    return Alarm(name=name, series=ERRORS, statistic="Sum", threshold=5.0, release=release, missing=missing)


class Scene:
    """A home whose clock moves by the minute."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.telemetry = Telemetry(root)
        self.alarms = Alarms(self.home, self.telemetry)
        self.now = START

    def pass_minutes(self, *values: float | None, alarms: AlarmSet | None = None) -> list[AlarmState]:
        """Let minutes pass with these error counts, None for nothing measured; return the state after each."""
        states = []
        for value in values:
            if value is not None:
                self.telemetry.record(ERRORS, value, self.now)
            self.now += MINUTE
            self.alarms.evaluate(alarms or AlarmSet((watched(),)), self.now)
            states.append({each.name: each.state for each in self.alarms.standings()}["errors"])
        return states

    def told(self) -> list[tuple[str, str]]:
        found = [(change.alarm, kind) for change, kind in self.alarms.untold()]
        for change, _ in self.alarms.untold():
            self.alarms.told(change.number)
        return found


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_every_change_is_on_record_with_its_datapoints(scene: Scene) -> None:
    assert scene.pass_minutes(1.0, 9.0, 8.0, 2.0, None, None, None) == [OK, ALARM, ALARM, OK, OK, OK, INSUFFICIENT]
    changes = scene.alarms.changes(0)
    assert [(each.number, each.old, each.new) for each in changes] == [
        (1, INSUFFICIENT, OK),
        (2, OK, ALARM),
        (3, ALARM, OK),
        (4, OK, INSUFFICIENT),
    ]
    assert changes[1].reason == "1 of 1 datapoints > 5 [9 (12:01)], 1 of 1 make an alarm"
    assert [each.value for each in changes[1].datapoints] == [None, 1.0, 9.0]
    assert changes[1].at == START + 2 * MINUTE
    assert scene.alarms.changes(3) == changes[3:]
    assert scene.alarms.newest("errors", limit=1) == changes[3:]
    [standing] = scene.alarms.standings()
    assert (standing.since, standing.evaluated) == (START + 7 * MINUTE, START + 7 * MINUTE)


def test_states_outlive_the_process(scene: Scene, tmp_path: Path) -> None:
    scene.pass_minutes(9.0)
    later = Scene(tmp_path)
    later.now = scene.now
    ignoring = AlarmSet((watched(missing=Missing.IGNORE),))
    assert later.pass_minutes(None, None, None, None, alarms=ignoring) == [ALARM] * 4
    assert len(later.alarms.changes(0)) == 1


def test_people_are_told_when_it_begins_and_when_it_is_over(scene: Scene) -> None:
    scene.pass_minutes(1.0)
    assert scene.told() == []
    scene.pass_minutes(9.0, 9.0)
    assert scene.told() == [("errors", "alarm_raised")]
    scene.pass_minutes(
        None, None, None
    )  # nothing is known any more: neither is it over, nor is it news when it is back
    scene.pass_minutes(9.0)
    assert scene.told() == []
    scene.pass_minutes(1.0)
    assert scene.told() == [("errors", "alarm_cleared")]


def test_an_alarm_that_is_off_is_looked_at_and_does_nothing(scene: Scene) -> None:
    scene.pass_minutes(1.0)
    scene.alarms.set_enabled("errors", False)
    assert scene.pass_minutes(9.0) == [ALARM]
    assert scene.told() == []
    assert scene.alarms.firing(1, ["errors"], scene.now) == []
    scene.alarms.set_enabled("errors", True)
    assert scene.alarms.firing(1, ["errors"], scene.now) == ["errors"]


def test_alarms_on_alarms_see_the_states_of_the_same_minute(scene: Scene) -> None:
    alarms = AlarmSet((watched(), watched("other")), (composite("both", "ALARM(errors) AND ALARM(other)"),))
    scene.pass_minutes(9.0, alarms=alarms)
    assert {each.name: each.state for each in scene.alarms.standings()} == dict.fromkeys(alarms.names, ALARM)


def test_what_is_no_longer_watched_is_forgotten_but_not_its_history(scene: Scene) -> None:
    scene.pass_minutes(9.0, alarms=AlarmSet((watched(), watched("old"))))
    scene.pass_minutes(9.0)
    assert [each.name for each in scene.alarms.standings()] == ["errors"]
    assert len(scene.alarms.changes(0, "old")) == 1


def test_only_an_alarm_that_fires_now_speaks_against_a_release(scene: Scene) -> None:
    alarms = AlarmSet((watched(), watched("mine", release=2), watched("theirs", release=1)))
    scene.pass_minutes(9.0, alarms=alarms)
    assert scene.alarms.firing(2, [], scene.now) == ["mine"]
    assert scene.alarms.firing(2, ["errors", "nothing"], scene.now) == ["errors", "mine"]
    assert scene.alarms.firing(2, ["errors"], scene.now + STALE + MINUTE) == []
    scene.pass_minutes(None, None, None, None, alarms=alarms)
    assert {each.state for each in scene.alarms.standings()} == {INSUFFICIENT}
    assert scene.alarms.firing(2, ["errors"], scene.now) == []


def suppressed(suppressor: str = "maintenance") -> AlarmSet:
    """Return an alarm on errors, "maintenance" on a second metric, and "unwell", which the latter suppresses."""
    maintenance = Alarm(name="maintenance", series=Series("Work"), statistic="Sum", threshold=0.0, notify=False)
    unwell = replace(composite("unwell", "ALARM(errors)"), suppressor=Suppressor(alarm=suppressor, wait=2 * MINUTE))
    return AlarmSet((replace(watched(), notify=False), maintenance), (unwell,))


def work(scene: Scene, *values: float, errors: float, alarms: AlarmSet | None = None) -> None:
    for value in values:
        scene.telemetry.record(Series("Work"), value, scene.now)
        scene.pass_minutes(errors, alarms=alarms or suppressed())


def test_a_suppressed_alarm_stops_no_release_and_tells_nobody_until_it_is_its_time(scene: Scene) -> None:
    work(scene, 0, 0, 0, errors=1.0)
    work(scene, 0, errors=9.0)
    assert scene.told() == []
    assert scene.alarms.firing(1, ["unwell"], scene.now) == []
    [standing] = [each for each in scene.alarms.standings() if each.name == "unwell"]
    assert (standing.state, standing.suppression.by) == (ALARM, "WaitPeriod")
    assert standing.suppression.until == scene.now + 2 * MINUTE
    work(scene, 1, 1, 1, errors=9.0)
    assert scene.told() == []
    later = Scene(scene.home.root)  # another process, after a kill
    later.now = scene.now
    work(later, 0, errors=9.0)
    assert later.told() == []
    assert later.alarms.firing(1, ["unwell"], later.now) == []
    work(later, 0, errors=9.0)
    assert later.told() == [("unwell", "alarm_raised")]
    assert later.alarms.firing(1, ["unwell"], later.now) == ["unwell"]
    work(later, 0, 0, 0, errors=9.0)
    assert later.told() == []


def test_what_was_told_is_taken_back_even_when_it_ended_during_maintenance(scene: Scene) -> None:
    work(scene, 0, 0, 0, 0, errors=9.0)
    assert scene.told() == [("unwell", "alarm_raised")]
    work(scene, 1, 1, errors=9.0)
    work(scene, 1, errors=1.0)
    assert scene.told() == []
    work(scene, 0, 0, errors=1.0)
    assert scene.told() == [("unwell", "alarm_cleared")]


def test_a_suppressor_that_is_taken_out_of_the_file_holds_nothing_back(scene: Scene) -> None:
    work(scene, 1, 1, errors=9.0)
    assert scene.told() == []
    without = AlarmSet(suppressed().alarms, (composite("unwell", "ALARM(errors)"),))
    work(scene, 1, errors=9.0, alarms=without)
    assert scene.told() == [("unwell", "alarm_raised")]
