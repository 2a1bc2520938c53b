"""Jobs as states of a workflow."""

import json
import threading

import pytest

from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow_execution import Task, TaskFailed
from shipway.targets.local.jobs import handlers
from workshop import Workshop

RESOURCE = "sagemaker:createTrainingJob.sync"


def ask(
    shop: Workshop, document: Json, key: str = "key", cancelled: threading.Event | None = None
) -> tuple[Json, list]:
    said: list[str] = []
    task = Task(
        execution="1",
        execution_name="one",
        state="Train",
        attempt=1,
        key=key,
        resource=RESOURCE,
        input=document,
        token=None,
        cancelled=cancelled or threading.Event(),
        progress=said.append,
    )
    return handlers(shop.jobs)[RESOURCE](task), said


def document(shop: Workshop, script: str) -> JsonObject:
    return shop.training(shop.image(train="#!/bin/sh\n" + script))


def test_a_completed_job_is_described(workshop: Workshop) -> None:
    described, said = ask(workshop, document(workshop, "echo 1 > /opt/ml/model/m"))
    assert isinstance(described, dict)
    assert described["TrainingJobStatus"] == "Completed"
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": "s3://data/models/job/output/model.tar.gz"}
    assert said[-1] == "job: Completed"


def test_a_task_that_is_handed_out_again_attaches_to_its_job(workshop: Workshop) -> None:
    asked = document(workshop, "echo started; echo 1 > /opt/ml/model/m")
    assert ask(workshop, asked)[0] == ask(workshop, asked)[0]
    assert workshop.log().count("started") == 1


def test_a_document_without_a_name_gets_the_tasks_key(workshop: Workshop) -> None:
    asked = document(workshop, "true")
    del asked["TrainingJobName"]
    described, _ = ask(workshop, asked, key="execution-train-1")
    assert isinstance(described, dict)
    assert described["TrainingJobName"] == "execution-train-1"


def test_a_failed_job_fails_its_state_with_its_description_as_the_cause(workshop: Workshop) -> None:
    with pytest.raises(TaskFailed) as failed:
        ask(workshop, document(workshop, "echo -n no rows > /opt/ml/output/failure; exit 1"))
    assert failed.value.error == "States.TaskFailed"
    cause = json.loads(failed.value.cause)
    assert (cause["TrainingJobStatus"], cause["FailureReason"]) == ("Failed", "no rows")


def test_a_cancelled_task_stops_its_job(workshop: Workshop) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(TaskFailed) as failed:
        ask(workshop, document(workshop, "while :; do sleep 0.1; done"), cancelled=cancelled)
    assert json.loads(failed.value.cause)["TrainingJobStatus"] == "Stopped"


def test_a_request_that_the_service_would_refuse_is_its_exception(workshop: Workshop) -> None:
    asked = document(workshop, "true") | {"HyperParameters": {"depth": 7}}
    with pytest.raises(TaskFailed) as failed:
        ask(workshop, asked)
    assert failed.value.error == "SageMaker.AmazonSageMakerException"
    assert 'HyperParameters.depth: must be a string, is a number: write "7"' in failed.value.cause


def test_a_name_in_use_has_an_error_of_its_own(workshop: Workshop) -> None:
    asked = document(workshop, "true")
    ask(workshop, asked)
    with pytest.raises(TaskFailed) as failed:
        ask(workshop, asked, key="another")
    assert failed.value.error == "SageMaker.ResourceInUseException"
