"""What AWS would refuse is told before anything is made; what it reads otherwise is told too."""

from dataclasses import fields, replace
from datetime import timedelta

import botocore.session
import pytest
import yaml

from resources.projects import DIGITS, FLIGHTS, PLACE
from shipway.domain.alarm import AlarmSettings
from shipway.domain.aws_settings import AwsSettings, MonitorKind, SourceKind
from shipway.domain.capture_settings import CaptureSettings
from shipway.domain.deployment import Strategy
from shipway.domain.endpoint_settings import EndpointSettings, EndpointStages
from shipway.domain.project import (
    ApprovalSettings,
    DataSettings,
    DeploymentSettings,
    FeatureType,
    FunctionSettings,
    Problem,
    ProcessingSettings,
    Project,
    TrainingSettings,
)
from shipway.targets.aws import instance
from shipway.targets.aws.resources import rendered
from shipway.targets.aws.resources.differences import DIFFERENCES, told
from shipway.targets.aws.resources.limits import LIMITS, VARIABLE, problems
from shipway.targets.aws.resources.place import Place

ARN = "arn:aws:codeconnections:us-east-1:111122223333:connection/0123"
READY = replace(FLIGHTS, aws=AwsSettings(repository="acme/flights", connection=ARN))


def moving(step: int, interval: timedelta) -> Project:
    """Return a project whose callers move step by step."""
    deployment = DeploymentSettings(strategy=Strategy.LINEAR, step=step, interval=interval)
    return replace(READY, deployment=deployment)


def served(workers: int, variables: int) -> Project:
    """Return a project whose production server has variables of its own."""
    named = {f"V{number}": "" for number in range(variables)}
    prod = EndpointSettings(workers=workers, environment=named)
    return replace(READY, endpoint=EndpointStages(prod=prod))


def test_a_project_that_names_its_connection_can_be_applied() -> None:
    assert problems(READY, PLACE) == []


@pytest.mark.parametrize(
    ("project", "place", "paths"),
    [
        (replace(READY, aws=AwsSettings()), PLACE, ["aws.connection", "aws.repository"]),
        (READY, Place(account="111122223333", region="us-gov-east-1"), ["aws.region"]),
        (
            replace(READY, aws=AwsSettings(source=SourceKind.CODECOMMIT, monitor=MonitorKind.MANAGED)),
            Place(account="111122223333", region="il-central-1"),
            ["aws.source", "aws.monitor"],
        ),
        (
            replace(READY, training=TrainingSettings(hyperparameters={f"p{n}": n for n in range(101)})),
            PLACE,
            ["training.hyperparameters"],
        ),
        (
            replace(READY, processing=ProcessingSettings(max_run=timedelta(days=10), environment={"A": "x" * 257})),
            PLACE,
            ["processing.environment", "processing.max_run", "training.max_run"],
        ),
        (replace(READY, approval=ApprovalSettings(timeout=timedelta(days=61))), PLACE, ["approval.timeout"]),
        (replace(READY, training=TrainingSettings(max_run=timedelta(days=7))), PLACE, ["training.max_run"]),
        (replace(READY, training=TrainingSettings(environment={"A" * 513: "x"})), PLACE, ["training.environment"]),
        (moving(step=25, interval=timedelta(hours=16)), PLACE, []),
        (moving(step=20, interval=timedelta(hours=16)), PLACE, ["deployment.interval"]),
        (served(workers=0, variables=100), PLACE, []),
        (served(workers=2, variables=100), PLACE, ["endpoint.prod.environment"]),
        (
            replace(READY, function=FunctionSettings(environment={"A": "", "_B": "", "C_1": ""})),
            PLACE,
            ["function.environment.A", "function.environment._B"],
        ),
    ],
)
def test_what_aws_refuses_is_told(project: Project, place: Place, paths: list[str]) -> None:
    assert [each.path for each in problems(project, place)] == paths


def measuring(*features: str) -> Project:
    return replace(READY, data=DataSettings(features=dict.fromkeys(features, FeatureType.NUMBER)))


@pytest.mark.parametrize(
    ("project", "paths"),
    [
        (measuring(*(f"f{number}" for number in range(400))), []),
        (measuring(*(f"{number:0>200}" for number in range(400))), []),
        (measuring(*(f"f{number}" for number in range(1000))), ["alarms", "data.features", "monitoring.features"]),
        (
            measuring(*(f"f{number:0>224}" for number in range(950))),
            ["alarms", "data.features", "monitoring.features", "monitoring.features"],
        ),
        (measuring("f" * 230), ["monitoring.features"]),
        (replace(READY, gate=replace(READY.gate, metric="m" * 257)), ["monitoring"]),
    ],
)
def test_what_an_hour_of_monitoring_cannot_carry_is_told(project: Project, paths: list[str]) -> None:
    assert sorted(each.path for each in limited(project)) == paths


def limited(project: Project) -> list[Problem]:
    """Return the problems that limits of keys tell; those of whole documents are another matter."""
    return [each for each in problems(project, PLACE) if "stacks/" not in each.problem]


SLOW = AlarmSettings(name="slow", metric="Latency", statistic="p99.9", threshold=250.0)
CROWD = AlarmSettings(name="crowd", metric="Workers", process="prod", threshold=4.0)
BUSY = AlarmSettings(name="busy", metric="CPUUtilization", threshold=90.0)


def written(*alarms: AlarmSettings, stopping: tuple[str, ...] = ()) -> Project:
    return replace(READY, alarms=alarms, deployment=replace(READY.deployment, alarms=stopping))


@pytest.mark.parametrize(
    ("project", "paths"),
    [
        (written(SLOW, stopping=("slow", "errors", "feature_baseline_drift_distance")), []),
        (written(BUSY, stopping=("busy",)), []),
        (written(SLOW, AlarmSettings(name="both", rule="ALARM(slow) OR ALARM(no-traffic)")), []),
        (written(CROWD), []),  # a difference that is told, not a fault
        (written(CROWD, AlarmSettings(name="both", rule="ALARM(crowd)")), ["alarms[1].rule"]),
        (written(BUSY, AlarmSettings(name="both", rule="ALARM(busy) AND OK(errors)")), ["alarms[1].rule"]),
        (written(AlarmSettings(name="both", rule="ALARM(endpoint-down)")), ["alarms[0].rule"]),
        (written(SLOW, AlarmSettings(name="both", rule="ALARM(slow)", suppressor="disk")), ["alarms[1].rule"]),
        (written(SLOW, stopping=("disk",)), ["deployment.alarms[0]"]),
        (
            written(SLOW, AlarmSettings(name="both", rule="ALARM(slow)"), stopping=("slow", "both")),
            ["deployment.alarms[1]"],
        ),
        (
            written(*(replace(SLOW, name=name) for name in ("drift", "prod-9-errors", "undelivered", "unhandled"))),
            [f"alarms[{number}].name" for number in range(4)],
        ),
        (written(*(replace(SLOW, name=f"slow{n}", each_release=True) for n in range(7))), ["deployment.alarms"]),
        (written(replace(SLOW, description="x" * 1025)), ["alarms"]),
    ],
)
def test_alarms_that_aws_cannot_have_are_told(project: Project, paths: list[str]) -> None:
    assert [each.path for each in problems(project, PLACE)] == paths


def test_an_alarm_without_a_metric_on_aws_is_named() -> None:
    said = [sentence for path, sentence in told(written(CROWD, SLOW)) if path == "alarms"]
    assert len(said) == 1
    assert said[0].endswith("(crowd)")


@pytest.mark.parametrize("limit", [each for each in LIMITS if each.source.startswith("model: ")], ids=lambda x: x.path)
def test_a_limit_of_a_service_model_is_the_model_s(limit: object) -> None:
    source = limit.source.removeprefix("model: ").split()  # type: ignore[attr-defined]
    shape = botocore.session.get_session().get_service_model(source[0]).shape_for(source[1])
    most = shape.metadata["max"]
    assert limit.most == (most / 1440 if source[1] == "ActionTimeout" else most)  # type: ignore[attr-defined]


def test_the_names_of_a_functions_variables_are_the_model_s() -> None:
    shape = botocore.session.get_session().get_service_model("lambda").shape_for("EnvironmentVariableName")
    assert shape.metadata["pattern"] == VARIABLE


def test_what_is_too_large_once_it_is_rendered_is_told() -> None:
    def stack(**parts: object) -> dict[str, str]:
        return {"stacks/x.yml": yaml.safe_dump(parts), "training.asl.json": "{}" * 10**6}

    rule = {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["x" * 4096]}}}
    many = {f"R{number}": {"Type": "AWS::SNS::Topic"} for number in range(501)}
    told = [
        each.problem for each in rendered.problems(stack(Resources=many, Outputs={f"O{n}": {} for n in range(201)}))
    ]
    assert told == [
        "stacks/x.yml has 501 resources, CloudFormation takes 500",
        "stacks/x.yml has 201 outputs, CloudFormation takes 200",
    ]
    (told_of_rule,) = rendered.problems(stack(Resources={"Cleared": rule}))
    assert told_of_rule.problem.startswith("the event pattern of Cleared has 41")
    assert list(rendered.problems(stack(Resources={"Cleared": rule | {"Properties": {}}}))) == []


def test_an_event_pattern_is_as_long_as_the_model_says() -> None:
    shape = botocore.session.get_session().get_service_model("events").shape_for("EventPattern")
    assert shape.metadata["max"] == rendered.EVENT_PATTERN


def test_an_instance_type_that_sagemaker_lacks_is_told_with_what_comes_near() -> None:
    assert list(instance.problems(READY)) == []
    odd = replace(READY, training=TrainingSettings(instance_type="ml.m5.lrage"))
    (told_of,) = instance.problems(odd)
    assert (told_of.path, "ml.m5.large" in told_of.remedy) == ("training.instance_type", True)
    only_served = replace(READY, processing=ProcessingSettings(instance_type="ml.inf1.xlarge"))
    assert [each.path for each in instance.problems(only_served)] == ["processing.instance_type"]


def test_what_aws_reads_otherwise_is_told() -> None:
    paths = [path for path, _ in told(replace(DIGITS, deployment=DeploymentSettings(sticky="key", replay=10)))]
    assert {"deployment.sticky", "deployment.replay", "deployment.keep_previous", "data.prefix"} <= set(paths)


def test_every_difference_is_about_a_key_that_exists() -> None:
    for each in DIFFERENCES:
        value: object = FLIGHTS
        for part in each.path.split("."):
            if isinstance(value, tuple):
                value = value[0]
            assert part in {field.name for field in fields(value)}, each.path  # type: ignore[arg-type]
            value = getattr(value, part)


@pytest.mark.parametrize(
    ("capture", "paths"),
    [
        (CaptureSettings(), []),
        (CaptureSettings(enabled=False, retention=timedelta(days=7)), []),
        (CaptureSettings(percent=10), ["capture"]),
        (CaptureSettings(encrypt=True, dev=True), ["capture", "capture.dev"]),
    ],
)
def test_what_sagemaker_captures_otherwise_is_told(capture: CaptureSettings, paths: list[str]) -> None:
    found = [path for path, _ in told(replace(READY, capture=capture))]
    assert [path for path in found if path.startswith("capture")] == paths
