"""Records that a training run has begun: an experiment a project, a trial and its component a run."""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain.gate_question import member, text
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.functions.clients import client
from shipway.targets.aws.objects import code


def handler(event: JsonObject, _context: object) -> Json:
    """Answer the workflow's first state: Project, Run, Parameters, Image and Data in, Run out. Safe to repeat."""
    project, run = text(event, "Project"), text(event, "Run")
    parameters = {name: {"StringValue": str(value)} for name, value in member(event, "Parameters").items()}
    sagemaker = client("sagemaker")
    _once(sagemaker.create_experiment, ExperimentName=project, Description=f"Training runs of {project}")
    _once(sagemaker.create_trial, TrialName=run, ExperimentName=project)
    _once(
        sagemaker.create_trial_component,
        TrialComponentName=run,
        Status={"PrimaryStatus": "InProgress"},
        StartTime=datetime.now(UTC),
        Parameters=parameters,
        InputArtifacts={"image": {"Value": text(event, "Image")}, "data": {"Value": text(event, "Data")}},
    )
    sagemaker.associate_trial_component(TrialComponentName=run, TrialName=run)
    return {"Run": run}


def _once(create: Any, **request: object) -> None:
    """Create something that may be there already."""
    try:
        create(**request)
    except ClientError as error:
        if code(error) != "ValidationException" or "already exists" not in str(error):
            raise
