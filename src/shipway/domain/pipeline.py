"""The release pipeline: its stages, and what one execution of it has done so far."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.project import Project
from shipway.domain.units import format_duration
from shipway.domain.values import Json, JsonObject


class ExecutionNotFound(ShipwayError):
    """No execution has this id."""

    message = "execution {execution!r} does not exist"
    hint = "list them: shipway executions"
    exit_code = 4
    status = 404


class ExecutionFinished(ShipwayError):
    """What was asked needs a running execution."""

    message = "execution {execution!r} has already ended: {status}"
    exit_code = 5
    status = 409


class ExecutionNotFailed(ShipwayError):
    """Only what failed or was stopped can be retried."""

    message = "execution {execution!r} is {status}: only a failed or stopped one can be retried"
    exit_code = 5
    status = 409


class ExecutionStatus(StrEnum):
    """Where an execution is; the last five are final, though a failed or stopped one can be retried."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    SUPERSEDED = "superseded"
    TIMED_OUT = "timed_out"

    @property
    def final(self) -> bool:
        """Whether nothing more happens by itself."""
        return self not in (ExecutionStatus.QUEUED, ExecutionStatus.RUNNING)


class StageStatus(StrEnum):
    """Where one stage, or one state of a state machine, is."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"  # for a person or for time to pass
    SUCCEEDED = "succeeded"
    CAUGHT = "caught"  # failed, and the document handled it
    FAILED = "failed"
    STOPPED = "stopped"


class CauseKind(StrEnum):
    """What started an execution."""

    MANUAL = "manual"
    SOURCE = "source"
    DATA = "data"
    SCHEDULE = "schedule"
    DRIFT = "drift"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who or what started an execution, and why."""

    kind: CauseKind = CauseKind.MANUAL
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step as people see it: a stage of the pipeline, or a state of a state machine.

    steps: what is inside it: the states of the training workflow in Train, the branches of a Parallel.
    attempt: 1 for the first try.
    """

    name: str
    status: StageStatus = StageStatus.PENDING
    started: datetime | None = None
    ended: datetime | None = None
    attempt: int = 1
    message: str = ""
    steps: tuple["Stage", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One run of a pipeline.

    release: number of the release that it builds, once there is one, or brings back.
    error, cause_text: why it failed, in the words of the step that failed.
    """

    id: str
    pipeline: str
    status: ExecutionStatus
    cause: Cause
    started: datetime
    ended: datetime | None = None
    stages: tuple[Stage, ...] = ()
    release: int | None = None
    error: str = ""
    error_cause: str = ""
    output: Json = None

    @property
    def asks(self) -> bool:
        """Whether a person has to decide now."""
        return any(stage.name == APPROVAL and stage.status is StageStatus.WAITING for stage in self.stages)


def covered(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """Return for how long at least one of some spans of time lasted; overlaps count once."""
    total, reached = timedelta(), None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += end - begin
            reached = end
    return total


def readable(cause: str) -> str:
    """Return a cause as a sentence: a Describe document's reason, or the text itself."""
    try:
        document = json.loads(cause)
    except ValueError:
        return cause
    if isinstance(document, dict):
        for name in ("FailureReason", "ExitMessage", "Cause"):
            if document.get(name):
                return str(document[name])
    return cause


STAGES = ("Source", "Build", "Train", "DeployDev", "Approval", "DeployProd")
STATE_STAGE = {"Approved?": "Approval", "Approval expired": "Approval", "Approval rejected": "Approval"}
APPROVAL = "Approval"
APPROVAL_EXPIRED = "ApprovalExpired"
APPROVAL_REJECTED = "ApprovalRejected"


def stages(project: Project) -> tuple[str, ...]:
    """Return the names of this project's stages, in order."""
    return STAGES if project.approval.required else tuple(stage for stage in STAGES if stage != APPROVAL)


def document(project: Project) -> JsonObject:
    """Return the release pipeline as a state machine, one state a stage.

    Its input: Number of the execution and Cause. Each stage leaves its result under its own name.
    """
    states: JsonObject = {
        "Source": _task("source", {"Number.$": "$.Number"}, "Build", "$.Source"),
        "Build": _task("build", {"Source.$": "$.Source"}, "Train", "$.Build"),
        "Train": _train(),
        "DeployDev": _task(
            "deployDev", _everything(), "Approval" if project.approval.required else "DeployProd", "$.DeployDev"
        ),
    }
    if project.approval.required:
        states |= _approval(project)
    states["DeployProd"] = _task("deployProd", _everything() | {"DeployDev.$": "$.DeployDev"}, "", "$.DeployProd")
    return {"Comment": f"Release pipeline of {project.name}", "StartAt": "Source", "States": states}


def _task(action: str, parameters: JsonObject, following: str, result: str) -> JsonObject:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::shipway:{action}",
        "Parameters": parameters,
        "ResultPath": result,
        **({"Next": following} if following else {"End": True}),
    }


def _train() -> JsonObject:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn.$": "$.Source.StateMachine",
            "Name.$": "States.Format('{}-{}', $.Number, $$.Execution.RedriveCount)",
            "Input": {
                "Role.$": "$.Source.Role",
                "Image.$": "$.Build.Image",
                "AnalyzeImage.$": "$.Build.AnalyzeImage",
                "Data.$": "$.Source.Data",
                "Outputs.$": "$.Source.Outputs",
                "Live.$": "$.Build.Live",
            },
        },
        "ResultSelector": {"Output.$": "$.Output", "Execution.$": "$.ExecutionArn"},
        "ResultPath": "$.Train",
        "Next": "DeployDev",
    }


def _everything() -> JsonObject:
    return {"Execution.$": "$$.Execution.Id", "Source.$": "$.Source", "Build.$": "$.Build", "Train.$": "$.Train"}


def _approval(project: Project) -> JsonObject:
    return {
        "Approval": {
            "Type": "Task",
            "Resource": "arn:aws:states:::shipway:approval.waitForTaskToken",
            "Parameters": {
                "Execution.$": "$$.Execution.Id",
                "Release.$": "$.DeployDev.Release",
                "Token.$": "$$.Task.Token",
            },
            "TimeoutSeconds": max(1, int(project.approval.timeout.total_seconds())),
            "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.Approval", "Next": "Approval expired"}],
            "ResultPath": "$.Approval",
            "Next": "Approved?",
        },
        "Approved?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Approval.Approved", "BooleanEquals": True, "Next": "DeployProd"}],
            "Default": "Approval rejected",
        },
        "Approval rejected": {"Type": "Fail", "Error": APPROVAL_REJECTED, "CausePath": "$.Approval.Sentence"},
        "Approval expired": {
            "Type": "Fail",
            "Error": APPROVAL_EXPIRED,
            "Cause": f"nobody decided within {format_duration(project.approval.timeout)}",
        },
    }
