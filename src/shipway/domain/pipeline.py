"""The release pipeline: its stages, and what one execution of it has done so far."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json


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

    release: number of the release that it builds, once there is one.
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
