"""What people were told, on an account in memory with a topic, its readers and the function that keeps notices."""

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

import tiny
from aws.cloud import ARTIFACTS, Cloud
from aws.recording import expect
from aws.telling import message
from shipway.domain.notice import Kind, NoticeNotFound
from shipway.ports.notice import Notices
from shipway.targets.aws.functions import keep_notice
from shipway.targets.aws.functions.clients import client
from shipway.targets.aws.target import aws_target

ALARM = {
    "AlarmName": "tiny-errors",
    "AlarmDescription": "more errors than allowed",
    "NewStateValue": "ALARM",
    "OldStateValue": "OK",
    "NewStateReason": "3 of 5 datapoints > 0.01",
    "StateChangeTime": "2026-03-01T09:39:00.000+0000",
}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    made = Cloud()
    made.fake.up()
    made.telling.readers = [("email", "ada@example.org", True), ("email", "bob@example.org", False), ("sqs", "q", True)]
    made.telling.hears = lambda event: keep_notice.handler(event, None)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", made.session())
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("PROJECT", "tiny")
    client.cache_clear()
    yield made
    client.cache_clear()


@pytest.fixture
def notices(cloud: Cloud, tmp_path: Path) -> Notices:
    return aws_target(tiny.write(tmp_path / "tiny"), cloud.session(), lambda: cloud.fake.now).notices


def test_a_test_is_told_and_on_record_once(notices: Notices, cloud: Cloud) -> None:
    told = notices.test(by="ada")
    assert [each.notice for each in notices.list()] == [told.notice]
    assert told.notice.subject == "tiny: a test of notices, by ada"
    assert [(each.channel, each.state, bool(each.error)) for each in told.deliveries] == [
        ("mail to ada@example.org", "sent", False),
        ("mail to bob@example.org", "waiting", True),
    ]
    (asked,) = cloud.called("sns.Publish")
    assert asked["TopicArn"] == "arn:aws:sns:us-east-1:111122223333:tiny-notices"


def test_a_test_is_on_record_before_the_function_has_heard_of_it(notices: Notices, cloud: Cloud) -> None:
    cloud.telling.hears = lambda _: None
    told = notices.test(by="ada")
    keep_notice.handler(cloud.telling.told[0], None)
    assert [each.notice for each in notices.list()] == [told.notice]


def test_the_doctor_names_who_has_not_confirmed(cloud: Cloud, tmp_path: Path) -> None:
    target = aws_target(tiny.write(tmp_path / "tiny"), cloud.session(), lambda: cloud.fake.now)
    (fault,) = target.doctor()
    assert (fault.what, fault.fatal) == ("bob@example.org hears of nothing: it has not confirmed", False)
    cloud.fake.down()
    assert all("stack" in each.what for each in target.doctor())


def test_what_other_services_say_is_kept_newest_first_and_once(notices: Notices, cloud: Cloud) -> None:
    alarm = message("ALARM: tiny-errors", json.dumps(ALARM), {}, "message-a")
    for _ in range(2):
        keep_notice.handler(alarm, None)
    keep_notice.handler(message("hello", "a person wrote this", {}, "message-b"), None)
    expect("keep-notice", cloud.calls)
    found = [each.notice for each in notices.list()]
    assert {each.kind for each in found} == {Kind.ALARM_RAISED, Kind.WORKFLOW}
    assert [each.number for each in found] == sorted((each.number for each in found), reverse=True)
    raised = next(each for each in found if each.kind == Kind.ALARM_RAISED)
    assert "3 of 5 datapoints" in raised.body
    assert notices.get(raised.number).notice == raised
    assert notices.list(1) == notices.list()[:1]
    with pytest.raises(NoticeNotFound):
        notices.get(raised.number + 1)
