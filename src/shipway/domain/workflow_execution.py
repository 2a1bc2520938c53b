"""One durable execution of a state machine: its statuses, its history, and the work that it hands out."""

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json

DATA_LIMIT = 256 * 1024  # bytes of UTF-8 that a state's input, output or result may have, as on Step Functions
STATE_LIMIT = 25_000  # states that one execution may enter; stops a loop that has no end
KEY_LENGTH = 63  # what a SageMaker job name may have


class WorkflowStatus(StrEnum):
    """Where an execution is. Everything but QUEUED and RUNNING is final, though `redrivable` ones can go on."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"
    SUPERSEDED = "SUPERSEDED"

    @property
    def final(self) -> bool:
        """Whether nothing more happens by itself."""
        return self not in {WorkflowStatus.QUEUED, WorkflowStatus.RUNNING}

    @property
    def redrivable(self) -> bool:
        """Whether `redrive` may go on from where it ended."""
        return self in {WorkflowStatus.FAILED, WorkflowStatus.TIMED_OUT, WorkflowStatus.ABORTED}


class VisitStatus(StrEnum):
    """Where one visit of a state is; the last five are final."""

    PENDING = "PENDING"  # about to be entered
    DELAYED = "DELAYED"  # entered again when a retry is due
    READY = "READY"  # a task that waits for a worker
    RUNNING = "RUNNING"  # a task whose handler works
    WAITING = "WAITING"  # for someone who holds the task token
    SLEEPING = "SLEEPING"  # a Wait
    FORKED = "FORKED"  # a Parallel or a Map whose branches run
    NESTED = "NESTED"  # a task that waits for an execution of its own
    ANSWERED = "ANSWERED"  # the result or the error is there and about to be applied
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    RETRIED = "RETRIED"  # failed, and a later attempt followed
    CAUGHT = "CAUGHT"  # failed, and the document went on with a catcher
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        """Whether this visit is over."""
        return self in FINAL_VISITS


FINAL_VISITS = frozenset(
    {
        VisitStatus.SUCCEEDED,
        VisitStatus.FAILED,
        VisitStatus.RETRIED,
        VisitStatus.CAUGHT,
        VisitStatus.CANCELLED,
    }
)


class EventKind(StrEnum):
    """What the history tells."""

    EXECUTION_QUEUED = "ExecutionQueued"
    EXECUTION_STARTED = "ExecutionStarted"
    EXECUTION_SUCCEEDED = "ExecutionSucceeded"
    EXECUTION_FAILED = "ExecutionFailed"
    EXECUTION_TIMED_OUT = "ExecutionTimedOut"
    EXECUTION_ABORTED = "ExecutionAborted"
    EXECUTION_SUPERSEDED = "ExecutionSuperseded"
    EXECUTION_REDRIVEN = "ExecutionRedriven"
    STATE_ENTERED = "StateEntered"
    STATE_SCHEDULED = "StateScheduled"  # asks for something from outside; detail has what
    STATE_SUCCEEDED = "StateSucceeded"
    STATE_FAILED = "StateFailed"
    STATE_RETRIED = "StateRetried"
    STATE_CAUGHT = "StateCaught"
    STATE_CANCELLED = "StateCancelled"
    STATE_REDRIVEN = "StateRedriven"
    TASK_STARTED = "TaskStarted"
    TASK_WAITING = "TaskWaiting"
    TASK_PROGRESS = "TaskProgress"
    TASK_ANSWERED = "TaskAnswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowExecution:
    """One execution as it is now.

    number: grows with each start. machine: name of the state machine, as the context object has it.
    created: when it was asked for; started: when it left the queue.
    parent: id of the execution that started it as a nested one. redrives: how often it was continued after its end.
    """

    id: str
    number: int
    machine: str
    status: WorkflowStatus
    queue: str | None
    input: Json
    output: Json
    error: str
    cause: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    parent: str | None = None
    redrives: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One attempt at one state.

    path: the branch that it is in: "" at the top, "Both/1" in a branch of a Parallel, "Each/3" in a Map's fourth item,
    nested ones joined by "/" in the order of nesting.
    input: the state's raw input; parameters: what the work got; output: what the state handed on.
    due: when a timer, a retry or a time limit ends; child: id of the nested execution; key: see Task.
    """

    id: int
    path: str
    state: str
    type: str
    attempt: int
    status: VisitStatus
    input: Json
    parameters: Json
    output: Json
    error: str
    cause: str
    entered: datetime
    started: datetime | None
    ended: datetime | None
    due: datetime | None
    child: str | None
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of an execution's history.

    number: grows over all executions of a journal, so it is an order and a place to go on from.
    visit: id of the visit that it is about, None for the execution itself; path, state, attempt: see Visit.
    detail: by kind: input, parameters, output, error, cause, message, delay (seconds), due, next, child.
    """

    number: int
    execution: str
    at: datetime
    kind: EventKind
    visit: int | None
    path: str
    state: str
    attempt: int
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The work of one visit, as its handler gets it.

    execution: id; execution_name: as the context object has it. state: name; attempt: 1 for the first try.
    key: [a-zA-Z0-9-], at most 63 long, the same whenever this attempt is handed out again (after a crash), and never
    that of another attempt: name the outside work by it, and attach to it when it is there already.
    resource: what the handler is registered for. input: after InputPath and Parameters, or Arguments.
    token: to be sent to whoever answers, for a `.waitForTaskToken` task, else None.
    cancelled: set when nobody wants the result any more (stopped, timed out, a sibling failed): stop the outside work.
    progress: writes a line into the history, and counts as the heartbeat that HeartbeatSeconds asks for
    (an empty text is a heartbeat alone).
    """

    execution: str
    execution_name: str
    state: str
    attempt: int
    key: str
    resource: str
    input: Json
    token: str | None
    cancelled: threading.Event
    progress: Callable[[str], None]


Handler: TypeAlias = Callable[[Task], Json]


class TaskFailed(ShipwayError):
    """A handler's way to fail its state: the error name is what Retry and Catch look at."""

    message = "{error}: {cause}"
    exit_code = 3

    def __init__(self, error: str, cause: str = "") -> None:
        self.error = error
        self.cause = cause
        super().__init__(error=error, cause=cause)


class ExecutionExists(ShipwayError):
    """The name is taken by an execution of another document or with another input."""

    message = "execution {execution!r} exists already, with another document or another input"
    hint = "choose another name, or leave the name out"
    exit_code = 5
    status = 409


class ExecutionNameInvalid(ShipwayError):
    """A name goes into file names and job names."""

    message = "{name!r} cannot name an execution: 1 to 80 letters, digits, '-', '_' or '.', the first a letter or digit"
    exit_code = 2
    status = 400


class InputTooLarge(ShipwayError):
    """Data between states is limited; larger data goes through the object store."""

    message = "the input has {size} bytes, the limit is {limit}"
    hint = "put the data into the store and pass its s3:// name"
    exit_code = 2
    status = 413


class TokenUnknown(ShipwayError):
    """No task ever had this token."""

    message = "no task waits for this token"
    hint = "see what waits: shipway executions"
    exit_code = 4
    status = 404


class TokenUsed(ShipwayError):
    """A token works once, while its task is open."""

    message = "this token can no longer be used: state {state!r} of execution {execution!r} is {status}"
    hint = "look at the execution: shipway executions show {execution}"
    exit_code = 5
    status = 409


class MachineUnknown(ShipwayError):
    """A nested execution names a state machine that nobody registered."""

    message = "no state machine {machine!r} is registered"
    hint = "known: {known}"
    exit_code = 4
    status = 404


def is_execution_name(name: str) -> bool:
    """Return whether a text can name an execution."""
    return re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,79}", name) is not None


def task_key(execution: str, state: str, visit: int) -> str:
    """Return the idempotency key of one attempt: readable at its start, unique by its end.

    visit: id of the attempt's visit. Starts and ends with a letter or digit, at most KEY_LENGTH long.
    """
    digest = hashlib.sha256(f"{execution}\n{visit}".encode()).hexdigest()[:12]
    words = [re.sub(r"[^a-zA-Z0-9]+", "-", text)[:24].strip("-") for text in (execution, state)]
    return "-".join([*filter(None, words), digest])
