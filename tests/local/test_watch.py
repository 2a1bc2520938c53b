"""What the control plane looks at each minute, from the gateway's record to a notice."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import tiny
from shipway.domain import metric_catalogue as metrics
from shipway.domain.alarm import AlarmState
from shipway.domain.metric import Series
from shipway.domain.verdict import BINS, latency_bin
from shipway.targets.local.gateway.evidence import Tallies, write
from shipway.targets.local.telemetry.answers import answers, middle
from shipway.targets.local.telemetry.processes import snapshot
from shipway.targets.local.watch import SETTLED, Watch
from shipway.targets.local.wiring import Machine
from waiting import until

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
FUNCTION = "tiny-api"


def tally(ok: int = 0, client: int = 0, server: int = 0, milliseconds: float = 10) -> list[int]:
    bins = [0] * BINS
    bins[latency_bin(milliseconds / 1000)] = ok
    return [ok, client, server, *bins]


class Scene:
    """A home with a gateway's record, written by the test."""

    def __init__(self, folder: Path) -> None:
        self.machine = Machine(tiny.write(folder / "tiny"))
        self.telemetry = self.machine.telemetry

    def answered(self, minute: datetime, *versions: tuple[str, list[int]], vouched: bool = True) -> None:
        """Write what versions answered in one second of a minute."""
        second = int(minute.timestamp())
        self.machine.gateway.record._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self.machine.gateway.record.writer()) as connection:
            rows = [(second, (FUNCTION, version), each) for version, each in versions]
            write(connection, rows, range(second, second + 60) if vouched else [])

    def series(self, name: str, version: str = "", statistic: str = "Sum") -> dict[datetime, float]:
        found = metrics.of_function(name, FUNCTION, version)
        begin = NOW - timedelta(days=2)
        return dict(self.telemetry.statistics(found, begin, NOW + MINUTE, MINUTE, statistic))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_each_minute_of_the_record_becomes_metrics_once(scene: Scene) -> None:
    for ago, errors in ((3, 0), (2, 4), (1, 0)):
        scene.answered(NOW - ago * MINUTE, ("1", tally(6, 2, errors)), ("2", tally(1, 0, 0, 200)))
    watch = Watch(scene.machine)
    watch.look(NOW)  # the last minute has not settled
    assert scene.series(metrics.INVOCATIONS) == {NOW - 3 * MINUTE: 9, NOW - 2 * MINUTE: 13}
    watch.look(NOW + SETTLED)
    Watch(scene.machine).look(NOW + SETTLED)  # a restart counts nothing twice
    assert scene.series(metrics.INVOCATIONS) == {NOW - 3 * MINUTE: 9, NOW - 2 * MINUTE: 13, NOW - MINUTE: 9}
    assert scene.series(metrics.SERVER_ERRORS, "1", "Average")[NOW - 2 * MINUTE] == pytest.approx(4 / 12)
    assert scene.series(metrics.CLIENT_ERRORS, "1")[NOW - 2 * MINUTE] == 2
    assert scene.series(metrics.LATENCY, "2", "p99")[NOW - MINUTE] == pytest.approx(200, rel=0.1)
    assert scene.series(metrics.LATENCY, "", "SampleCount")[NOW - MINUTE] == 7


def test_times_of_models_become_metrics_of_their_releases(scene: Scene) -> None:
    minute = int((NOW - 2 * MINUTE).timestamp())
    tallies = Tallies(minute)
    for endpoint, model in (("tiny-prod-1", 1000), ("tiny-prod-1", 3000), ("tiny-prod-2", 8000), ("tiny-dev-3", 5)):
        tallies.add(f"{minute + 5} @{endpoint} 200 {model} {model + 100} 1".encode())
    scene.answered(NOW - 2 * MINUTE, ("1", tally(2)), ("2", tally(1)))
    with closing(scene.machine.gateway.record.writer()) as connection:
        write(connection, [], [], tallies.models.due())
    Watch(scene.machine).look(NOW)
    at = NOW - 2 * MINUTE
    assert scene.series(metrics.MODEL_LATENCY, "1", "Average") == {at: 2000}
    assert scene.series(metrics.MODEL_LATENCY, "2", "Maximum") == {at: 8000}
    assert scene.series(metrics.MODEL_LATENCY, "", "SampleCount") == {at: 3}
    assert scene.series(metrics.OVERHEAD_LATENCY, "", "Sum") == {at: 300}


def test_minutes_that_were_missed_are_caught_up(scene: Scene) -> None:
    scene.answered(NOW - timedelta(hours=20), ("1", tally(3)))
    scene.answered(NOW - 2 * MINUTE, ("1", tally(4)))
    Watch(scene.machine).look(NOW)
    assert scene.series(metrics.INVOCATIONS, "1") == {NOW - timedelta(hours=20): 3, NOW - 2 * MINUTE: 4}
    scene.answered(NOW - MINUTE, ("1", tally(5)))
    Watch(scene.machine).look(NOW + MINUTE)
    assert scene.series(metrics.INVOCATIONS, "1")[NOW - MINUTE] == 5


def test_a_minute_without_requests_is_nought_and_one_nobody_saw_is_missing(scene: Scene) -> None:
    empty = dict(answers(FUNCTION, {}, ["1"]))
    found = empty[metrics.of_function(metrics.INVOCATIONS, FUNCTION, "1")]
    assert found is not None
    assert (found.value("Sum"), found.value("Maximum")) == (0, 0)
    assert empty[metrics.of_function(metrics.LATENCY, FUNCTION, "1")] is None
    scene.answered(NOW - 2 * MINUTE, vouched=True)
    seen = scene.machine.gateway.record.minutes(
        FUNCTION, int((NOW - 3 * MINUTE).timestamp()), int((NOW - MINUTE).timestamp())
    )
    assert list(seen.values()) == [None, {}]


def test_every_bin_has_a_latency_of_its_own() -> None:
    middles = [middle(place) for place in range(BINS)]
    assert middles == sorted(middles)
    assert all(latency_bin(each / 1000) == place for place, each in enumerate(middles[:-1]))


def test_an_alarm_of_the_projects_file_fires_and_people_are_told(scene: Scene) -> None:
    with (scene.machine.folder / "shipway.toml").open("a") as file:
        file.write('\n[[alarms]]\nname = "many"\nmetric = "Invocations"\nstatistic = "Sum"\nthreshold = 5.0\n')
    watch = Watch(scene.machine)
    for minute, requests in ((0, 9), (1, 9), (2, 1)):
        scene.answered(NOW + minute * MINUTE, ("1", tally(requests)))
        watch.look(NOW + (minute + 1) * MINUTE + SETTLED)
    changes = scene.machine.alarms.changes(0, "many")
    assert [each.new for each in changes] == [AlarmState.ALARM, AlarmState.OK]
    told = [(each.kind, each.subject) for each in scene.machine.inbox.list()]
    assert told == [("alarm_raised", "tiny: alarm many fires"), ("alarm_cleared", "tiny: alarm many is over")]
    assert "1 of 1 datapoints > 5 [9" in scene.machine.inbox.list()[0].body


def test_a_project_file_that_is_wrong_keeps_the_alarms_as_they_were(scene: Scene) -> None:
    watch = Watch(scene.machine)
    watch.look(NOW + SETTLED)
    names = [each.name for each in scene.machine.alarms.standings()]
    (scene.machine.folder / "shipway.toml").write_text("nonsense")
    watch.look(NOW + MINUTE + SETTLED)
    assert [each.name for each in scene.machine.alarms.standings()] == names != []


def test_how_the_machine_stands_is_recorded(scene: Scene) -> None:
    watch = Watch(scene.machine)
    for minute in (0, 1):
        watch.look(NOW + minute * MINUTE + SETTLED)
    for name in (metrics.DISK, metrics.MEMORY):
        values = scene.telemetry.statistics(Series(name), NOW - 2 * MINUTE, NOW + MINUTE, MINUTE, "Average")
        assert [at for at, _ in values] == [NOW - MINUTE, NOW]
        assert all(0 < value <= 100 for _, value in values)


@pytest.fixture
def busy() -> Iterator[int]:
    """A process whose child keeps one core busy."""
    spin = "while True: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], start_new_session=True) as process:
        yield process.pid
        os.killpg(process.pid, 9)


def test_a_program_is_charged_for_its_children(busy: int) -> None:
    before = snapshot(time.monotonic())

    def charged() -> bool:
        used = snapshot(time.monotonic()).usage(busy, before)
        return used is not None and used.processes == 2 and used.cpu > 10 and used.memory > 0

    until(charged, 20)
    assert snapshot(time.monotonic()).usage(2**30, before) is None
