"""Shipway's metrics out of CloudWatch, on an account in memory."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import tiny
from aws.cloud import Cloud
from shipway.domain.metric import PeriodInvalid, Series
from shipway.ports.metric import Point, Range
from shipway.targets.aws.metric import published, series_of
from shipway.targets.aws.resources.metric import NAMESPACE
from shipway.targets.aws.target import AwsTarget, aws_target

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
API = {"FunctionName": "tiny-api"}
VARIANT = {"VariantName": "AllTraffic"}


@pytest.fixture
def cloud() -> Cloud:
    """A cloud with metrics of this project, and of others."""
    made = Cloud()
    values = [(AT + minute * MINUTE, 1.0) for minute in (0, 1, 1, 61)]
    put = made.watching.put
    put("AWS/ApiGateway", "Count", {"ApiName": "tiny-api"}, values)
    put("AWS/ApiGateway", "Count", {"ApiName": "tiny-api", "Stage": "prod"}, values)
    put("AWS/ApiGateway", "IntegrationLatency", {"ApiName": "tiny-api"}, values)
    put("AWS/ApiGateway", "Count", {"ApiName": "other-api"}, values)
    put("AWS/ApiGateway", "5XXError", {"ApiName": "tiny-api"}, [(AT, 0.0), (AT, 1.0), (AT, 0.0), (AT, 0.0)])
    latency = [(AT, float(each) * 1000) for each in range(1, 101)]
    put("AWS/SageMaker", "ModelLatency", {"EndpointName": "tiny-prod-7", **VARIANT}, latency)
    put("AWS/SageMaker", "ModelLatency", {"EndpointName": "tiny-next-prod-7", **VARIANT}, latency)
    put("/aws/sagemaker/Endpoints", "CPUUtilization", {"EndpointName": "tiny-dev-7", **VARIANT}, [(AT, 80.0)])
    put(NAMESPACE, "feature_baseline_drift_x", {"Project": "tiny"}, [(AT, 0.2)])
    put(NAMESPACE, "feature_baseline_drift_x", {"Project": "next"}, [(AT, 0.9)])
    put(NAMESPACE, "feature_baseline_drift_old", {"Project": "tiny"}, [(AT - timedelta(days=16), 0.2)])
    made.watching.page = 2
    return made


@pytest.fixture
def target(cloud: Cloud, tmp_path: Path) -> AwsTarget:
    return aws_target(tiny.write(tmp_path / "tiny"), cloud.session(), lambda: cloud.fake.now)


def points(target: AwsTarget, name: str, of: dict[str, str], statistic: str, minutes: int = 5) -> list[Point]:
    wanted = Range(start=AT + MINUTE, end=AT + 100 * MINUTE, period=minutes * MINUTE, statistic=statistic)
    return target.metrics.points(name, of, wanted)


def test_the_project_s_series_are_listed_under_shipway_s_names(target: AwsTarget) -> None:
    found = [(each.name, each.dimensions, each.unit, each.count, each.newest) for each in target.metrics.list()]
    release, hour = {"FunctionName": "tiny-api", "Version": "7"}, timedelta(hours=1)
    assert found == [
        ("CPUUtilization", {"Process": "tiny-dev-7"}, "Percent", 1, AT),
        ("Invocation5XXErrors", API, "Count", 4, AT),
        ("Invocations", API, "Count", 4, AT + hour),
        ("ModelLatency", release, "Microseconds", 100, AT),
        ("feature_baseline_drift_x", {}, "None", 1, AT),
    ]
    assert [each.name for each in target.metrics.list("ModelLatency")] == ["ModelLatency"]


def test_values_come_in_the_units_of_shipway(target: AwsTarget) -> None:
    release = {"FunctionName": "tiny-api", "Version": "7"}
    assert points(target, "Latency", release, "p95") == [Point(at=AT, value=95.0)]
    assert points(target, "ModelLatency", release, "p95") == [Point(at=AT, value=95_000.0)]
    assert points(target, "Latency", release, "SampleCount") == [Point(at=AT, value=100.0)]
    assert points(target, "Invocation5XXErrors", API, "Average") == [Point(at=AT, value=0.25)]
    assert points(target, "feature_baseline_drift_x", {}, "Maximum", 60) == [Point(at=AT, value=0.2)]


def test_periods_begin_where_they_do_on_every_target(target: AwsTarget) -> None:
    found = points(target, "Invocations", API, "Sum", 5)
    assert found == [Point(at=AT, value=3.0), Point(at=AT + 60 * MINUTE, value=1.0)]
    nothing = Range(start=AT, end=AT, period=MINUTE, statistic="Sum")
    assert target.metrics.points("Invocations", API, nothing) == []
    with pytest.raises(PeriodInvalid):
        target.metrics.points("Invocations", API, Range(start=AT, end=AT, period=MINUTE / 2, statistic="Sum"))


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("Invocations", {}),
        ("Invocations", {"FunctionName": "other-api"}),
        ("Latency", {"FunctionName": "tiny-api", "Version": "blue"}),
        ("CPUUtilization", {}),
        ("Workers", {"Process": "tiny-prod-7"}),
        ("feature_baseline_drift_x", {"FunctionName": "tiny-api"}),
    ],
)
def test_what_cloudwatch_does_not_have_has_no_values(
    target: AwsTarget, cloud: Cloud, name: str, of: dict[str, str]
) -> None:
    assert points(target, name, of, "Sum") == []
    assert not cloud.called("cloudwatch.GetMetricData")


@pytest.mark.parametrize(
    "series",
    [
        Series.of("Invocation4XXErrors", API),
        Series.of("ModelLatency", {**API, "Version": "12"}),
        Series.of("OverheadLatency", {**API, "Version": "12"}),
        Series.of("DiskUtilization", {"Process": "tiny-prod-3"}),
        Series("feature_baseline_drift_x"),
        Series("ModelQualityLoss"),
    ],
)
def test_a_series_is_found_again_where_cloudwatch_has_it(series: Series) -> None:
    place = published(series, "tiny")
    assert place is not None
    pairs = [{"Name": name, "Value": value} for name, value in place.dimensions]
    told = {"Namespace": place.namespace, "MetricName": place.name, "Dimensions": pairs}
    assert series_of(told, "tiny") == series
