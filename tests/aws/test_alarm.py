"""Alarms as CloudWatch tells of them, on an account in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import tiny
from aws.cloud import Cloud
from aws.ringing import document, item
from shipway.domain.alarm import AlarmNotFound
from shipway.domain.release import LivePeriod
from shipway.ports.alarm import AlarmView
from shipway.targets.aws.errors import NotOnAws
from shipway.targets.aws.target import AwsTarget, aws_target

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def cloud() -> Cloud:
    made = Cloud()
    made.fake.up()
    return made


@pytest.fixture
def target(cloud: Cloud, tmp_path: Path) -> AwsTarget:
    return aws_target(tiny.write(tmp_path / "tiny"), cloud.session())


def errors(cloud: Cloud) -> AlarmView:
    return cloud.fake.alarms.get("errors")


def add(cloud: Cloud, name: str, **changed: object) -> None:
    """Let release 2 be live, with one more alarm in the prod stack."""
    cloud.fake.periods.append(LivePeriod(release=2, since=AT))
    cloud.ringing.more.setdefault("tiny-prod", []).append(document(replace(errors(cloud), name=name), **changed))


def test_an_alarm_is_told_as_it_is_on_one_machine(target: AwsTarget, cloud: Cloud) -> None:
    assert target.alarms.get("errors") == errors(cloud)


def test_one_that_nobody_has_looked_at_says_so(target: AwsTarget) -> None:
    found = target.alarms.get("both")
    assert (found.since, found.evaluated, found.threshold) == (None, None, None)
    assert (found.condition, found.reason[:9]) == ('ALARM("errors") AND NOT ALARM("no-traffic")', "Unchecked")


def test_what_holds_an_alarm_back_is_told(target: AwsTarget) -> None:
    held = target.alarms.get("unwell").suppression
    assert held is not None
    assert (held.suppressor, held.by, held.pending) == ("maintenance", "ExtensionPeriod", True)


def test_alarms_of_a_release_are_listed_after_those_that_fire(target: AwsTarget, cloud: Cloud) -> None:
    add(cloud, "prod-2-errors", StateValue="OK")
    add(cloud, "prod-2-own-cpu")
    found = target.alarms.list()
    assert [each.name for each in found] == ["errors", "prod-2-own-cpu", "unwell", "both", "prod-2-errors"]
    assert [each.release for each in found] == [None, 2, None, None, 2]


def test_an_alarm_on_an_expression_says_what_it_works_out(target: AwsTarget, cloud: Cloud) -> None:
    stat = {"Metric": {"Namespace": "AWS/SageMaker", "MetricName": "Invocations"}, "Period": 300, "Stat": "Sum"}
    metrics = [{"Id": "rate", "Label": "share of errors", "Expression": "a / b"}]
    metrics += [{"Id": "a", "ReturnData": False, "MetricStat": stat}]
    changed = {"Metrics": metrics, "EvaluationPeriods": 2, "ComparisonOperator": "LessThanLowerThreshold"}
    add(cloud, "prod-2-errors", **changed)
    for key in ("MetricName", "Period", "DatapointsToAlarm"):
        del cloud.ringing.more["tiny-prod"][0][key]
    found = target.alarms.get("prod-2-errors")
    assert found.condition == "share of errors LessThanLowerThreshold 0.01 in 2 of 2 periods of 5m"
    assert not any(each.breaching for each in found.datapoints)


def test_changes_are_numbered_by_their_time_and_those_of_others_are_left_out(target: AwsTarget, cloud: Cloud) -> None:
    cloud.ringing.past = [
        item("tiny-unwell", AT, "OK", "ALARM", "errors is ALARM"),
        item("tiny-prod-1-latency", AT, "OK", "ALARM"),  # of a release that is gone
        item("tiny-next-errors", AT, "OK", "ALARM"),  # another project's
        item("tiny-errors", AT + SECOND, "ALARM", "OK"),
    ]
    found = target.alarms.changes()
    assert {each.alarm for each in found[:2]} == {"prod-1-latency", "unwell"}
    assert [each.alarm for each in found[2:]] == ["errors", "errors"]
    assert (found[3].old, found[3].new, found[3].reason) == ("OK", "ALARM", errors(cloud).reason)
    for place, change in enumerate(found, 1):
        assert target.alarms.changes(after=change.number) == found[place:]
    assert target.alarms.history() == found[::-1]
    assert target.alarms.history(limit=1) == found[-1:]
    assert target.alarms.history("unwell") == [each for each in found if each.alarm == "unwell"]


@pytest.mark.parametrize("name", ["prod-2-errors", "prod-2-own-slow", "drift"])
def test_an_alarm_whose_state_is_followed_cannot_be_kept_from_it(cloud: Cloud, tmp_path: Path, name: str) -> None:
    own = {"name": "slow", "metric": "Latency", "threshold": 250.0, "each_release": True}
    project = tiny.write(tmp_path / "tiny")
    text = "\n[[alarms]]\n" + "".join(f"{key} = {value!r}\n".replace("True", "true") for key, value in own.items())
    (project / "shipway.toml").write_text((project / "shipway.toml").read_text() + text)
    target = aws_target(project, cloud.session())
    add(cloud, name)
    add(cloud, "prod-2-memory")
    with pytest.raises(NotOnAws, match=f"the alarm {name}"):
        target.alarms.disable(name, by="ada")
    assert not cloud.called("cloudwatch.DisableAlarmActions")


def test_what_is_no_alarm_of_the_project_is_not_there(target: AwsTarget, cloud: Cloud) -> None:
    cloud.ringing.more["tiny-next-alarms"] = [document(replace(errors(cloud), name="next-errors"))]
    with pytest.raises(AlarmNotFound, match="next-errors"):
        target.alarms.enable("next-errors", by="ada")
