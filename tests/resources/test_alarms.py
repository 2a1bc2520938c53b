"""A project's own alarms on AWS: what each of [[alarms]] becomes in CloudWatch's words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from resources.projects import FLIGHTS
from shipway.domain import metric_catalogue as metrics
from shipway.domain.alarm import AlarmSettings, Comparison, LowSamples, Missing
from shipway.targets.aws.resources.alarm import logical
from shipway.targets.aws.resources.documents import stacks
from shipway.targets.aws.stack_document import read

SLOW = AlarmSettings(name="slow", metric="Latency", threshold=250.0)
CALM = AlarmSettings(name="calm", metric="Invocations", statistic="Sum", threshold=1.0)


def properties(*written: AlarmSettings, stack: str = "alarms", stopping: tuple[str, ...] = ()) -> dict[str, Any]:
    deployment = replace(FLIGHTS.deployment, alarms=stopping)
    document: Any = read(stacks(replace(FLIGHTS, alarms=written, deployment=deployment))[stack])
    return {name: each.get("Properties", {}) for name, each in document["Resources"].items()}


@pytest.mark.parametrize(
    ("metric", "namespace", "name", "dimensions"),
    [
        (metrics.INVOCATIONS, "AWS/ApiGateway", "Count", {"ApiName": "flights-api"}),
        (metrics.CLIENT_ERRORS, "AWS/ApiGateway", "4XXError", {"ApiName": "flights-api"}),
        (metrics.SERVER_ERRORS, "AWS/ApiGateway", "5XXError", {"ApiName": "flights-api"}),
        (metrics.LATENCY, "AWS/ApiGateway", "Latency", {"ApiName": "flights-api"}),
        (
            "feature_baseline_drift_distance",
            "aws/sagemaker/Endpoints/data-metrics",
            "feature_baseline_drift_distance",
            {"Project": {"Ref": "Project"}},
        ),
    ],
)
def test_a_metric_of_the_project_is_cloudwatch_s(
    metric: str, namespace: str, name: str, dimensions: dict[str, object]
) -> None:
    made = properties(AlarmSettings(name="mine", metric=metric, threshold=2.0))["AlarmMine"]
    assert (made["Namespace"], made["MetricName"], made["Threshold"]) == (namespace, name, 2.0)
    assert {each["Name"]: each["Value"] for each in made["Dimensions"]} == dimensions


@pytest.mark.parametrize(
    ("metric", "namespace", "name", "threshold"),
    [
        (metrics.INVOCATIONS, "AWS/SageMaker", "Invocations", 2.0),
        (metrics.CLIENT_ERRORS, "AWS/SageMaker", "Invocation4XXErrors", 2.0),
        (metrics.SERVER_ERRORS, "AWS/SageMaker", "Invocation5XXErrors", 2.0),
        (metrics.LATENCY, "AWS/SageMaker", "ModelLatency", 2000.0),  # microseconds
    ],
)
def test_each_release_has_the_alarm_on_its_own_endpoint(
    metric: str, namespace: str, name: str, threshold: float
) -> None:
    alarm = AlarmSettings(name="mine", metric=metric, threshold=2.0, each_release=True)
    prod = properties(alarm, stack="prod")
    made = prod["OwnMine"]
    assert (made["Namespace"], made["MetricName"], made["Threshold"]) == (namespace, name, threshold)
    assert made["Dimensions"][0] == {"Name": "EndpointName", "Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}}
    assert prod["Function"]["DeploymentPreference"]["Alarms"][-1] == {"Ref": "OwnMine"}
    assert "AlarmActions" not in made, "the project's alarm tells of the same"
    assert "AlarmMine" in properties(alarm)


@pytest.mark.parametrize("metric", [metrics.CPU, metrics.MEMORY, metrics.DISK])
def test_the_machine_is_the_live_release_s(metric: str) -> None:
    alarm = AlarmSettings(name="mine", metric=metric, threshold=80.0)
    made = properties(alarm, stack="prod")["OwnMine"]
    assert (made["Namespace"], made["MetricName"]) == ("/aws/sagemaker/Endpoints", metric)
    assert made["AlarmActions"] == [{"Ref": "TopicArn"}]
    assert "AlarmMine" not in properties(alarm)


def test_every_word_of_an_alarm_is_kept() -> None:
    alarm = replace(
        SLOW,
        statistic="p99.9",
        period=timedelta(minutes=5),
        evaluation_periods=4,
        datapoints_to_alarm=2,
        comparison=Comparison.GREATER_OR_EQUAL,
        missing=Missing.IGNORE,
        low_samples=LowSamples.IGNORE,
        description="answers take long",
    )
    made = properties(alarm)["AlarmSlow"]
    assert {key: made[key] for key in made if key not in ("Dimensions", "AlarmActions", "Namespace", "MetricName")} == {
        "AlarmName": {"Fn::Sub": "${Project}-slow"},
        "AlarmDescription": "Answers take long",
        "ExtendedStatistic": "p99.9",
        "EvaluateLowSampleCountPercentile": "ignore",
        "Period": 300,
        "EvaluationPeriods": 4,
        "DatapointsToAlarm": 2,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 250.0,
        "TreatMissingData": "ignore",
    }


@pytest.mark.parametrize(
    ("alarm", "treated"),
    [
        (replace(CALM, comparison=Comparison.LESS), "breaching"),
        (replace(CALM, comparison=Comparison.GREATER), "notBreaching"),
        (replace(CALM, comparison=Comparison.LESS, missing=Missing.IGNORE), "ignore"),
        (replace(SLOW, comparison=Comparison.LESS), "missing"),
    ],
)
def test_no_requests_are_nought_as_they_are_here(alarm: AlarmSettings, treated: str) -> None:
    assert properties(alarm)["Alarm" + alarm.name.capitalize()]["TreatMissingData"] == treated


def test_an_alarm_that_tells_nobody_tells_nobody() -> None:
    made = properties(replace(SLOW, notify=False), AlarmSettings(name="both", rule="ALARM(slow)", notify=False))
    assert "AlarmActions" not in made["AlarmSlow"]
    assert "AlarmActions" not in made["AlarmBoth"]


def test_a_rule_names_the_alarms_as_aws_knows_them() -> None:
    rule = "(ALARM(slow) OR ALARM(feature_baseline_drift_distance)) AND NOT ALARM(no-traffic)"
    made = properties(SLOW, AlarmSettings(name="both", rule=rule))["AlarmBoth"]
    assert made["AlarmRule"] == {
        "Fn::Sub": '(ALARM("${Project}-slow") OR ALARM("${Project}-feature_baseline_drift_distance")) '
        'AND NOT ALARM("${Project}-no-traffic")'
    }


def test_an_alarm_can_be_suppressed_as_it_is_here() -> None:
    both = AlarmSettings(
        name="both",
        rule="ALARM(slow)",
        suppressor="no-traffic",
        wait_period=timedelta(minutes=2),
        extension_period=timedelta(minutes=3),
    )
    made = properties(SLOW, both)["AlarmBoth"]
    assert made["ActionsSuppressor"] == {"Fn::Sub": "${Project}-no-traffic"}
    assert (made["ActionsSuppressorWaitPeriod"], made["ActionsSuppressorExtensionPeriod"]) == (120, 180)


def test_labels_that_lack_are_an_alarm_where_the_project_wants_it() -> None:
    monitoring = replace(FLIGHTS.monitoring, label_alarm=True)
    document: Any = read(stacks(replace(FLIGHTS, monitoring=monitoring))["alarms"])
    made = document["Resources"]["AlarmLabelCoverage"]["Properties"]
    assert (made["MetricName"], made["Threshold"]) == ("LabelCoverage", 0.5)
    assert "AlarmLabelCoverage" not in properties()


def test_a_written_alarm_takes_the_place_of_the_project_s() -> None:
    made = properties(replace(SLOW, name="no-traffic"), replace(SLOW, name="feature_baseline_drift_distance"))
    assert made["AlarmNoTraffic"]["MetricName"] == "Latency"
    assert made["DriftDistance"]["MetricName"] == "Latency"
    assert "feature_baseline_drift_distance" in made["Drift"]["AlarmRule"]


def test_alarms_that_stop_a_deployment_are_codedeploy_s() -> None:
    busy = AlarmSettings(name="busy", metric="CPUUtilization", threshold=90.0)
    prod = properties(SLOW, busy, stack="prod", stopping=("slow", "busy", "errors"))
    assert prod["Function"]["DeploymentPreference"]["Alarms"][4:] == [
        {"Fn::Sub": "${Project}-slow"},
        {"Ref": "OwnBusy"},
        {"Fn::Sub": "${Project}-errors"},
    ]


def test_one_more_alarm_renames_no_other() -> None:
    some, more = logical("Alarm", ["no-traffic", "slow"]), logical("Alarm", ["before", "no-traffic", "slow", "after"])
    assert some == {"no-traffic": "AlarmNoTraffic", "slow": "AlarmSlow"}
    assert some.items() <= more.items()


def test_names_that_differ_by_a_sign_alone_stay_apart() -> None:
    assert len(set(logical("Alarm", ["a-b", "a_b", "A.b", "ab"]).values())) == 4
