"""Triggers with a real repository, a real store and a real engine; the clock is the test's."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import tiny
from shipway.domain import names
from shipway.domain.alarm import Alarm
from shipway.domain.alarm_settings import AlarmSet
from shipway.domain.metric_catalogue import of_drift
from shipway.domain.names import drift_metric
from shipway.domain.pipeline import Cause, CauseKind, Execution, ExecutionStatus
from shipway.domain.trigger import HookRefused, TriggerUnknown
from shipway.targets.local.start import enqueue, look
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.trigger import LocalTriggers
from shipway.targets.local.wiring import Machine

ON = {"triggers.data": {"enabled": True}}
GIT = pytest.mark.skipif(shutil.which("git") is None, reason="git is not here, and the product does without it")
NO_CLOCK = {**ON, "triggers.schedule": {"enabled": False}}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(tiny.write(tmp_path / "tiny", **NO_CLOCK))
    yield found
    found.engine.close()


def runs(machine: Machine) -> list[tuple[str, str]]:
    """Return cause and reason of every execution, oldest first."""
    found = machine.engine.list(names.pipeline("tiny"))
    return [(each.tags["cause"], each.tags["reason"]) for each in reversed(found)]


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(["git", *settings, "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, file: str, text: str) -> str:
    (folder / file).write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "--message", "change", "--no-verify")
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path) -> None:
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / ".gitignore").write_text(".shipway/\ndata/\n")
    commit(folder, "notes.md", "begin\n")


def upload(machine: Machine, *keys: str) -> None:
    machine.store.create_bucket("tiny-data")
    for key in keys:
        machine.store.put("tiny-data", key, b"1\n")


def test_uploads_together_are_one_execution_and_each_is_counted(machine: Machine) -> None:
    upload(machine, "data/a.csv", "data/b.csv", "elsewhere/c.csv")
    machine.triggers.tick(later(0))
    assert runs(machine) == []
    machine.triggers.tick(later(61))
    machine.triggers.tick(later(1000))
    reason = "2 uploads: s3://tiny-data/data/a.csv, s3://tiny-data/data/b.csv"
    assert runs(machine) == [("data", reason)]
    (fired,) = machine.triggers.history()
    assert (fired.events, fired.execution, fired.reason) == (2, "tiny-1", reason)
    assert [each.kind for each in machine.inbox.list()] == ["retraining_started"]


def test_an_upload_before_a_start_by_hand_starts_nothing_more(machine: Machine) -> None:
    upload(machine, "data/a.csv")
    enqueue(machine.engine, machine.home, machine.project, Cause(by="ann"))
    machine.triggers.tick(later(1000))
    assert runs(machine) == [("manual", "")]
    data = next(each for each in machine.triggers.list() if each.kind is CauseKind.DATA)
    assert (data.debounced, data.waiting, data.why) == (1, 0, "execution tiny-1 began after it")


@pytest.mark.parametrize("dies_after", ["fire", "start"])
def test_a_firing_that_was_cut_off_starts_its_execution_once(machine: Machine, dies_after: str) -> None:
    """The process dies between the rows and the engine, or between the engine and the rows."""
    upload(machine, "data/a.csv")
    reach = machine.triggers.reach

    def dying(cause: Cause, number: int) -> str:
        if dies_after == "start":
            reach.start(cause, number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LocalTriggers(replace(reach, start=dying)).tick(later(61))
    assert [each.execution for each in machine.triggers.history()] == [""]
    again = LocalTriggers(reach)
    again.tick(later(62))
    again.tick(later(63))
    assert [cause for cause, _ in runs(machine)] == ["data"]
    assert [each.execution for each in again.history()] == ["tiny-1"]


@GIT
def test_a_commit_that_changes_a_release_starts_one_execution(machine: Machine) -> None:
    repository(machine.folder)
    machine.triggers.tick(later(0))
    commit(machine.folder, "notes.md", "not of a release\n")
    machine.triggers.tick(later(10))
    machine.triggers.tick(later(100))
    assert runs(machine) == []
    head = commit(machine.folder, "container/code/new.py", "x = 1\n")
    machine.triggers.tick(later(200))
    machine.triggers.tick(later(211))
    machine.triggers.tick(later(1000))
    assert runs(machine) == [("source", f"1 commit: commit {head[:12]}")]


@GIT
def test_a_commit_before_a_start_by_hand_starts_nothing_more(machine: Machine) -> None:
    repository(machine.folder)
    machine.triggers.tick(later(0))
    commit(machine.folder, "container/code/new.py", "x = 1\n")
    look(machine.home, machine.folder)
    enqueue(machine.engine, machine.home, machine.project, Cause(by="ann"))
    machine.triggers.tick(later(1000))
    assert runs(machine) == [("manual", "")]


@GIT
def test_a_push_is_told_by_the_hook_with_nothing_running(machine: Machine, tmp_path: Path) -> None:
    repository(machine.folder)
    assert len(machine.triggers.install_hook()) == 3
    assert machine.triggers.install_hook() == machine.triggers.install_hook()
    git(tmp_path, "clone", "--quiet", str(machine.folder), "elsewhere")
    head = commit(tmp_path / "elsewhere", "container/code/new.py", "x = 1\n")
    git(tmp_path / "elsewhere", "push", "--quiet", "origin", "main")
    assert (machine.folder / "container/code/new.py").read_text() == "x = 1\n"
    source = next(each for each in machine.triggers.list() if each.kind is CauseKind.SOURCE)
    assert source.waiting == 1
    assert machine.triggers.tell(CauseKind.SOURCE, by="ann") is False
    machine.triggers.tick(later(11))
    assert runs(machine) == [("source", f"1 commit: commit {head[:12]}")]


@GIT
def test_somebody_elses_hook_is_left_alone(machine: Machine) -> None:
    with pytest.raises(HookRefused, match="no git repository"):
        machine.triggers.install_hook()
    repository(machine.folder)
    hook = machine.folder / ".git/hooks/post-commit"
    hook.write_text("#!/bin/sh\nmake\n")
    with pytest.raises(HookRefused, match="post-commit is somebody else's"):
        machine.triggers.install_hook()
    assert hook.read_text() == "#!/bin/sh\nmake\n"
    assert not (machine.folder / ".git/hooks/post-receive").exists()


def test_the_clock_starts_one_execution_also_for_times_that_were_missed(tmp_path: Path) -> None:
    machine = Machine(tiny.write(tmp_path / "tiny", **ON))
    first = datetime(2046, 3, 15, tzinfo=UTC)
    machine.triggers.tick(first)
    assert runs(machine) == []
    back = datetime(2046, 7, 2, tzinfo=UTC)  # April to July passed while nothing ran
    machine.triggers.tick(back)
    machine.triggers.tick(back + timedelta(minutes=1))
    assert runs(machine) == [("schedule", "1 time of the schedule: 2046-04-01 06:00 UTC of cron(0 6 1 * ? *)")]
    machine.triggers.tick(datetime(2046, 8, 1, 5, 59, tzinfo=UTC))
    assert len(runs(machine)) == 1
    machine.triggers.tick(datetime(2046, 8, 1, 6, 0, tzinfo=UTC))
    assert len(runs(machine)) == 2
    machine.engine.close()


def test_a_schedule_that_never_comes_is_told_and_stops_no_other(tmp_path: Path) -> None:
    wrong = {**ON, "triggers.schedule": {"cron": "61 6 1 * *"}}
    machine = Machine(tiny.write(tmp_path / "tiny", **wrong))
    upload(machine, "data/a.csv")
    machine.triggers.tick(later(61))
    assert [cause for cause, _ in runs(machine)] == ["data"]
    clock = next(each for each in machine.triggers.list() if each.kind is CauseKind.SCHEDULE)
    assert "is not a schedule" in clock.why
    machine.engine.close()


def test_a_model_that_the_gate_refused_is_told_once_with_its_comparison(machine: Machine) -> None:
    upload(machine, "data/a.csv")
    machine.triggers.tick(later(61))
    worse = "score 0.6 meets the threshold 0.5, but is worse than release 1's 0.9 on the same test data"

    def refused(execution: str) -> Execution:
        found = LocalTarget(machine).execution(execution)
        return replace(found, status=ExecutionStatus.FAILED, error="GateRefused", error_cause=worse)

    triggers = LocalTriggers(replace(machine.triggers.reach, get=refused))
    triggers.tick(later(62))
    triggers.tick(later(63))
    assert [each.outcome for each in triggers.history()] == ["refused by the gate"]
    (told,) = [each for each in machine.inbox.list() if each.kind == "retraining_refused"]
    assert told.subject == "tiny: the model of execution tiny-1 was refused, the live one stays"
    assert worse in told.body


def test_a_project_file_that_cannot_be_read_loses_nothing(machine: Machine) -> None:
    upload(machine, "data/a.csv")
    file = machine.folder / "shipway.toml"
    good = file.read_text()
    file.write_text("name = ")
    machine.triggers.tick(later(61))
    file.write_text(good)
    assert runs(machine) == []
    machine.triggers.tick(later(62))
    assert [cause for cause, _ in runs(machine)] == ["data"]


def drifting(machine: Machine, value: float, at: datetime) -> None:
    """Let the alarm on the drift of `x` be looked at as if this had been measured a moment ago."""
    alarm = Alarm(name=drift_metric("x"), series=of_drift("x"), statistic="Maximum", threshold=0.05)
    end = at.replace(second=0, microsecond=0)
    machine.telemetry.record(of_drift("x"), value, end - timedelta(minutes=1))
    machine.alarms.evaluate(AlarmSet(alarms=(alarm,)), end)


def test_a_hundred_alarms_of_a_day_are_one_retraining(machine: Machine) -> None:
    day = datetime(2046, 3, 1, tzinfo=UTC)
    for number in range(100):
        at = day + timedelta(minutes=14 * number)
        drifting(machine, 0.3, at)
        machine.triggers.tick(at)
        machine.triggers.tick(at + timedelta(minutes=6))
        drifting(machine, 0.0, at + timedelta(minutes=7))
        machine.triggers.tick(at + timedelta(minutes=7))
    assert runs(machine) == [("drift", "1 alarm on drift: feature_baseline_drift_x")]
    machine.triggers.tick(day + timedelta(days=1, minutes=10))
    assert len(runs(machine)) == 1  # the last alarm is over: nothing waits for the second day
    drift = next(each for each in machine.triggers.list() if each.kind is CauseKind.DRIFT)
    assert (drift.waiting, drift.debounced) == (0, 99)


def test_an_alarm_that_lasts_retrains_again_when_the_distance_has_passed(machine: Machine) -> None:
    day = datetime(2046, 3, 1, tzinfo=UTC)
    for hours in (0, 2, 4):
        drifting(machine, 0.3, day + timedelta(hours=hours))
        machine.triggers.tick(day + timedelta(hours=hours, minutes=6))
        if hours < 4:
            drifting(machine, 0.0, day + timedelta(hours=hours + 1))
    machine.triggers.tick(day + timedelta(hours=23))
    assert len(runs(machine)) == 1
    machine.triggers.tick(day + timedelta(days=1, minutes=6))
    assert len(runs(machine)) == 2


def test_what_can_be_told_by_hand(machine: Machine) -> None:
    target = LocalTarget(machine)
    assert target.triggers.tell(CauseKind.DATA, by="ann")
    with pytest.raises(TriggerUnknown):
        target.triggers.tell(CauseKind.DRIFT, by="ann")
    machine.triggers.tick(later(61))
    assert runs(machine) == [("data", "1 upload: s3://tiny-data/data/ (told by ann)")]
    assert target.executions()[0].status is ExecutionStatus.RUNNING
