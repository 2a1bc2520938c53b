"""What AWS would refuse is told before anything is made; what it reads otherwise is told too."""

from dataclasses import fields, replace
from datetime import timedelta

import botocore.session
import pytest

from resources.projects import DIGITS, FLIGHTS, PLACE
from shipway.domain.aws_settings import AwsSettings, MonitorKind, SourceKind
from shipway.domain.project import (
    ApprovalSettings,
    DeploymentSettings,
    ProcessingSettings,
    Project,
    TrainingSettings,
)
from shipway.targets.aws.resources.differences import DIFFERENCES, told
from shipway.targets.aws.resources.limits import LIMITS, problems
from shipway.targets.aws.resources.place import Place

ARN = "arn:aws:codeconnections:us-east-1:111122223333:connection/0123"
READY = replace(FLIGHTS, aws=AwsSettings(repository="acme/flights", connection=ARN))


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
            ["processing.environment", "processing.max_run"],
        ),
        (replace(READY, approval=ApprovalSettings(timeout=timedelta(days=61))), PLACE, ["approval.timeout"]),
    ],
)
def test_what_aws_refuses_is_told(project: Project, place: Place, paths: list[str]) -> None:
    assert [each.path for each in problems(project, place)] == paths


@pytest.mark.parametrize("limit", [each for each in LIMITS if each.source.startswith("model: ")], ids=lambda x: x.path)
def test_a_limit_of_a_service_model_is_the_model_s(limit: object) -> None:
    source = limit.source.removeprefix("model: ").split()  # type: ignore[attr-defined]
    shape = botocore.session.get_session().get_service_model(source[0]).shape_for(source[1])
    most = shape.metadata["max"]
    assert limit.most == (most / 1440 if source[1] == "ActionTimeout" else most)  # type: ignore[attr-defined]


def test_what_aws_reads_otherwise_is_told() -> None:
    paths = [path for path, _ in told(replace(DIGITS, deployment=DeploymentSettings(sticky="key", replay=10)))]
    assert {"deployment.sticky", "deployment.replay", "deployment.keep_previous", "data.prefix"} <= set(paths)


def test_every_difference_is_about_a_key_that_exists() -> None:
    for each in DIFFERENCES:
        value: object = FLIGHTS
        for part in each.path.split("."):
            assert part in {field.name for field in fields(value)}, each.path  # type: ignore[arg-type]
            value = getattr(value, part)
