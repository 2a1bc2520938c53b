"""A job as the service's Describe...Job operations tell it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from shipway.domain.job import JobKind, JobRecord, JobRequest, Transition
from shipway.domain.job_arn import job_arn
from shipway.domain.values import Json, JsonObject

_MESSAGES = {
    "Starting": "Preparing the job",
    "Downloading": "Downloading the input data",
    "Training": "Running the program",
    "Uploading": "Uploading the outputs",
    "Completed": "The job completed",
    "Failed": "The job failed",
    "Stopped": "The job was stopped",
    "MaxRuntimeExceeded": "The job exceeded its time limit",
}


def describe(request: JobRequest, record: JobRecord, now: datetime) -> JsonObject:
    """Return the Describe document: the request's own fields, and what became of it.

    Times are milliseconds since 1970, as state machines see them. now: counts for the time of a job that still runs.
    """
    return {**request.document, **_common(request, record), **_OWN[request.kind](request, record, now)}


def _common(request: JobRequest, record: JobRecord) -> JsonObject:
    kind = request.kind.value
    told: JsonObject = {
        f"{kind}JobName": request.name,
        f"{kind}JobArn": job_arn(request.kind, request.name),
        f"{kind}JobStatus": record.status.value,
        "CreationTime": millis(record.created),
        "LastModifiedTime": millis(record.transitions[-1].at if record.transitions else record.created),
    }
    if record.failure_reason:
        told["FailureReason"] = record.failure_reason
    return told


def _training(request: JobRequest, record: JobRecord, now: datetime) -> JsonObject:
    uri = next(output.uri for output in request.outputs if output.name == "model")
    told: JsonObject = {
        "SecondaryStatus": record.stage.value,
        "SecondaryStatusTransitions": _transitions(record),
        "ModelArtifacts": {"S3ModelArtifacts": uri},
        "FinalMetricDataList": _metrics(record),
        **_times(record, "TrainingStartTime", "TrainingEndTime"),
    }
    if record.started is not None:
        spent = int(((record.ended or now) - record.started).total_seconds())
        told |= {"TrainingTimeInSeconds": spent, "BillableTimeInSeconds": spent}
    return told


def _processing(request: JobRequest, record: JobRecord, now: datetime) -> JsonObject:  # noqa: ARG001 - one shape
    told = _times(record, "ProcessingStartTime", "ProcessingEndTime")
    return {**told, "ExitMessage": record.exit_message} if record.exit_message else told


def _transform(request: JobRequest, record: JobRecord, now: datetime) -> JsonObject:  # noqa: ARG001 - one shape
    return _times(record, "TransformStartTime", "TransformEndTime")


_OWN: Mapping[JobKind, Callable[[JobRequest, JobRecord, datetime], JsonObject]] = {
    JobKind.TRAINING: _training,
    JobKind.PROCESSING: _processing,
    JobKind.TRANSFORM: _transform,
}


def _times(record: JobRecord, started: str, ended: str) -> JsonObject:
    times = {started: record.started, ended: record.ended}
    return {name: millis(at) for name, at in times.items() if at is not None}


def _transitions(record: JobRecord) -> Json:
    ends = [*(step.at for step in record.transitions[1:]), record.ended]
    return [_transition(step, end) for step, end in zip(record.transitions, ends, strict=False)]


def _transition(step: Transition, end: datetime | None) -> Json:
    told: JsonObject = {
        "Status": step.stage.value,
        "StartTime": millis(step.at),
        "StatusMessage": _MESSAGES[step.stage.value],
    }
    return told if end is None else {**told, "EndTime": millis(end)}


def _metrics(record: JobRecord) -> Json:
    at = millis(record.ended or record.created)
    return [{"MetricName": name, "Value": value, "Timestamp": at} for name, value in record.metrics.items()]


def millis(at: datetime) -> int:
    """Return a time as whole milliseconds since 1970."""
    return round(at.timestamp() * 1000)
