"""Autoscaling as AWS tells it, on an account in memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import tiny
from aws.cloud import Cloud, public_api
from shipway.targets.aws.target import AwsTarget, aws_target


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A cloud with one release in production."""
    made = Cloud()
    made.release()
    with public_api(made):
        yield made


def target(cloud: Cloud, folder: Path, workers: int = 2) -> AwsTarget:
    project = tiny.write(folder / "tiny", endpoint__prod={"workers": workers})
    return aws_target(project, cloud.session(), lambda: cloud.fake.now)


def measure(cloud: Cloud, minutes: int, invocations: float) -> None:
    """Let CloudWatch have what each instance answered in one minute."""
    pairs = {"EndpointName": "tiny-prod-1", "VariantName": "AllTraffic"}
    at = cloud.fake.now.replace(second=0, microsecond=0) - minutes * timedelta(minutes=1)
    cloud.watching.put("AWS/SageMaker", "InvocationsPerInstance", pairs, [(at, invocations)])


def test_an_endpoint_is_told_as_it_is_on_one_machine(cloud: Cloud, tmp_path: Path) -> None:
    measure(cloud, 3, 11.0)
    measure(cloud, 2, 825.0)
    cloud.fake.scaling.grow(1, 3, "alarm AlarmHigh in state ALARM triggered policy tiny-prod-1-requests")
    cloud.fake.scaling.grow(3, 4, "the same", "there is no capacity")
    cloud.fake.scaling.grow(3, 2, "alarm AlarmLow in state ALARM triggered policy tiny-prod-1-requests")
    scaling = target(cloud, tmp_path).scaling
    assert scaling.state() == cloud.fake.scaling.state()
    found, known = scaling.activities(), cloud.fake.scaling.activities()
    assert [replace(each, number=0) for each in found] == [replace(each, number=0) for each in known]
    assert scaling.activities(limit=1) == found[:1]
    cloud.fake.scaling.changes.pop(0)  # six weeks are over
    assert [each.number for each in scaling.activities()] == [each.number for each in found[:2]]


def test_a_minute_that_nobody_counted_is_no_load_of_nought(cloud: Cloud, tmp_path: Path) -> None:
    measure(cloud, 20, 825.0)
    (view,) = target(cloud, tmp_path).scaling.state()
    assert (view.load, view.sentence) == (None, "CloudWatch has no invocation of the last 5 minutes")


def test_one_worker_a_core_counts_as_one(cloud: Cloud, tmp_path: Path) -> None:
    measure(cloud, 2, 825.0)
    (view,) = target(cloud, tmp_path, workers=0).scaling.state()
    assert (view.workers, view.target, view.load) == (1, 1200, 825.0)


def test_an_endpoint_that_is_being_made_says_so(cloud: Cloud, tmp_path: Path) -> None:
    cloud.serving.status = "Updating"
    (view,) = target(cloud, tmp_path).scaling.state()
    assert view.sentence == "the endpoint is Updating"
