"""Jobs as states of a workflow: `sagemaker:create...Job.sync`."""

import json
from collections.abc import Mapping

from shipway.domain.errors import ShipwayError
from shipway.domain.job import JobKind, JobNameTaken, JobRecord, JobStatus
from shipway.domain.job_request import job_request
from shipway.domain.values import Json
from shipway.domain.workflow_execution import Handler, Task, TaskFailed
from shipway.targets.local.jobs.jobs import Jobs

SERVICE_ERROR = "SageMaker.AmazonSageMakerException"
NAME_IN_USE = "SageMaker.ResourceInUseException"


def handlers(jobs: Jobs) -> dict[str, Handler]:
    """Return resource -> handler. Each answers the Describe document of a completed job.

    A job that does not complete fails its state as States.TaskFailed with the Describe document as the cause; a
    request that the service would refuse fails it as SageMaker.AmazonSageMakerException.
    """
    return {f"sagemaker:create{kind.value}Job.sync": _handler(jobs, kind) for kind in JobKind}


def _handler(jobs: Jobs, kind: JobKind) -> Handler:
    def handle(task: Task) -> Json:
        document: Mapping[str, Json] = task.input if isinstance(task.input, dict) else {}
        try:
            request = job_request(kind, document, task.key)
            jobs.start(request, token=task.key)
        except JobNameTaken as error:
            raise TaskFailed(NAME_IN_USE, _sentence(error)) from error
        except ShipwayError as error:
            raise TaskFailed(SERVICE_ERROR, _sentence(error)) from error

        def progress(record: JobRecord) -> None:
            task.progress(f"{request.name}: {record.stage.value}")

        record = jobs.wait(request.name, task.cancelled, progress)
        described = jobs.describe(request.name)
        if record.status is not JobStatus.COMPLETED:
            raise TaskFailed("States.TaskFailed", json.dumps(described))
        return described

    return handle


def _sentence(error: ShipwayError) -> str:
    return f"{error} ({error.remedy})" if error.remedy else str(error)
