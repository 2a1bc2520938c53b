"""An analysis that a person asks for, on an account in memory."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import tiny
from aws.account import Refusal
from aws.analyzing import HOUR, Analyzing
from aws.cloud import Cloud
from shipway.domain.monitor import NothingToAnalyse, Window
from shipway.targets.aws.analysis import AnalysisFailed
from shipway.targets.aws.errors import NotOnAws
from shipway.targets.aws.monitor import Reports
from shipway.targets.aws.target import AwsTarget, aws_target


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A cloud with one release in production, where nobody waits."""
    monkeypatch.setattr(Reports, "pause", staticmethod(lambda _: None))
    made = Cloud()
    made.release()
    return made


@pytest.fixture
def target(cloud: Cloud, tmp_path: Path) -> AwsTarget:
    return aws_target(tiny.write(tmp_path / "tiny"), cloud.session(), lambda: cloud.fake.now)


def test_the_hour_that_ended_last_is_analysed_as_its_schedule_does(target: AwsTarget, cloud: Cloud) -> None:
    machine = Analyzing(cloud)
    found = target.monitor.analyse(by="ada")
    hour = cloud.fake.now.replace(minute=0, second=0, microsecond=0)
    assert (found.run.start, found.run.end, found.run.release) == (hour - HOUR, hour, 1)
    assert json.loads(machine.asked["input"]) == machine.given | {"Time": f"{hour:%Y-%m-%dT%H:%M:%SZ}"}
    assert machine.asked["stateMachineArn"].endswith(":stateMachine:tiny-monitor")
    assert [(each.by, each.action) for each in target.audit()] == [("ada", "analyse")]
    assert target.monitor.latest() == found


def test_any_whole_hour_that_has_ended_can_be_looked_at(target: AwsTarget, cloud: Cloud) -> None:
    Analyzing(cloud)
    start = datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert target.monitor.analyse(Window(start=start, end=start + HOUR), by="ada").run.start == start


@pytest.mark.parametrize(("minutes", "length"), [(30, 60), (0, 90), (0, 30), (24 * 60, 60)])
def test_other_windows_are_refused_with_one_that_can_be(
    target: AwsTarget, cloud: Cloud, minutes: int, length: int
) -> None:
    Analyzing(cloud)
    start = datetime(2026, 3, 1, 3, tzinfo=UTC) + timedelta(minutes=minutes)
    with pytest.raises(NotOnAws, match="whole hours") as said:
        target.monitor.analyse(Window(start=start, end=start + timedelta(minutes=length)), by="ada")
    assert "--from 2026-03-01T08:00 --to 2026-03-01T09:00" in said.value.remedy


def test_an_analysis_that_fails_says_why(target: AwsTarget, cloud: Cloud) -> None:
    Analyzing(cloud).cause = json.dumps({"FailureReason": "AlgorithmError: no baseline"})
    with pytest.raises(AnalysisFailed, match="failed: AlgorithmError: no baseline"):
        target.monitor.analyse(by="ada")
    assert target.audit() == []


def test_without_a_schedule_there_is_nothing_to_run(target: AwsTarget, cloud: Cloud) -> None:
    def missing(_: dict[str, Any]) -> None:
        raise Refusal("ResourceNotFoundException", status=404)

    Analyzing(cloud)
    cloud.serves["scheduler.GetSchedule"] = missing
    with pytest.raises(NothingToAnalyse, match="no schedule tiny-monitor"):
        target.monitor.analyse(by="ada")
