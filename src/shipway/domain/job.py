"""A job: one run of an image's program over data, under SageMaker's container contract."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject

ML = "/opt/ml"
MODEL = f"{ML}/model"
FAILURE = f"{ML}/output/failure"
MESSAGE = f"{ML}/output/message"
REASON_LIMIT = 1024  # characters of a failure file or an exit message that are kept
TERMINATED = 128  # a shell's exit code for a program that a signal ended is this plus the signal's number
SIGNALS = {6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM", 25: "SIGXFSZ"}


class InvalidJob(ShipwayError):
    """A request that SageMaker would refuse, or that asks for what this target does not have."""

    message: ClassVar[str] = "job {job!r} is not valid: {problems}"
    hint: ClassVar[str] = "correct the parameters of the state that creates it"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


class JobNotFound(ShipwayError):
    """No job of this name was ever started in this home."""

    message: ClassVar[str] = "job {job!r} does not exist"
    hint: ClassVar[str] = "list them: shipway jobs"
    exit_code: ClassVar[int] = 4
    status: ClassVar[int] = 404


class JobNameTaken(ShipwayError):
    """A job's name is used once: another request already has it."""

    message: ClassVar[str] = "a job named {job!r} was started before, by another request"
    hint: ClassVar[str] = "give each job a name of its own, as States.Format('train-{{}}', $$.Execution.Name) does"
    exit_code: ClassVar[int] = 5
    status: ClassVar[int] = 409


class JobKind(StrEnum):
    """Which contract a job's container follows."""

    TRAINING = "Training"
    PROCESSING = "Processing"
    TRANSFORM = "Transform"


class JobStatus(StrEnum):
    """SageMaker's words for where a job is; the last three are final."""

    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"

    @property
    def final(self) -> bool:
        """Whether nothing more happens."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED)


class JobStage(StrEnum):
    """What a job is doing, in the order in which it does it; SageMaker's secondary status."""

    STARTING = "Starting"
    DOWNLOADING = "Downloading"
    TRAINING = "Training"
    UPLOADING = "Uploading"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"
    MAX_RUNTIME_EXCEEDED = "MaxRuntimeExceeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Objects to put under `path` (absolute, inside the container) before the program starts.

    uri: `s3://bucket/prefix`. optional: nothing there is fine (checkpoints of a first run).
    """

    name: str
    uri: str
    path: str
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What becomes of the folder `path` after the program ended.

    uri: the prefix for its files, or the one object when `archive` packs them into a tar.gz.
    on_failure: kept also when the program failed.
    """

    name: str
    path: str
    uri: str
    archive: bool = False
    on_failure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """Everything needed to run one job.

    entrypoint, arguments: None to use the image's own. environment: as the program gets it.
    files: path inside the container -> JSON document to write before the start.
    seconds: the program's time limit. volume: bytes that it may write. isolated: no network.
    model: name of the model that a transform job serves. document: the request as it was made.
    warnings: what is asked for and has no meaning on one machine, one sentence each.
    """

    name: str
    kind: JobKind
    image: str
    document: JsonObject
    seconds: int
    volume: int
    entrypoint: tuple[str, ...] | None = None
    arguments: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, JsonObject] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    isolated: bool = False
    model: str = ""
    metrics: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()

    def command(self, entrypoint: Sequence[str], cmd: Sequence[str]) -> tuple[str, ...]:
        """Return the argument list to run, given the image's ENTRYPOINT and CMD.

        A training container is run as `<image> train`, unless the request names an entry point or arguments.
        """
        first = tuple(entrypoint) if self.entrypoint is None else self.entrypoint
        if self.arguments is not None:
            return (*first, *self.arguments)
        if self.entrypoint is not None:
            return first
        return (*first, *(("train",) if self.kind is JobKind.TRAINING else tuple(cmd)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The moment at which a job entered a stage."""

    stage: JobStage
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What is known of a job.

    transitions: every stage so far with its start. exit_code: of the program, None if it never ran.
    failure_reason: one sentence, empty unless the job failed or was stopped.
    exit_message: what a processing program left in /opt/ml/output/message.
    empty: names of archived outputs that have no file in them: "model" here means that nothing was trained.
    metrics: last value of each metric definition that the log matched.
    """

    name: str
    kind: JobKind
    status: JobStatus
    created: datetime
    transitions: tuple[Transition, ...] = ()
    exit_code: int | None = None
    failure_reason: str = ""
    exit_message: str = ""
    empty: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def stage(self) -> JobStage:
        """The stage that it is in, or ended in."""
        return self.transitions[-1].stage if self.transitions else JobStage.STARTING

    @property
    def ended(self) -> datetime | None:
        """When the last stage was reached, None while it runs."""
        return self.transitions[-1].at if self.status.final and self.transitions else None

    @property
    def started(self) -> datetime | None:
        """When its program started, None if it did not."""
        return next((step.at for step in self.transitions if step.stage is JobStage.TRAINING), None)

    def seconds(self) -> dict[JobStage, float]:
        """Return how long each finished stage took: Training is the program's own time, the rest is overhead."""
        pairs = zip(self.transitions, self.transitions[1:], strict=False)
        return {step.stage: (after.at - step.at).total_seconds() for step, after in pairs}


def failure_reason(written: str, exit_code: int, last_line: str = "") -> str:
    """Return why a program failed, one sentence or the program's own words.

    written: content of /opt/ml/output/failure, empty if there is none; its first 1,024 characters are the reason.
    exit_code: as a shell tells it, so 137 is SIGKILL. last_line: the last line of the log, a hint without a file.
    """
    if written.strip():
        return written.strip()[:REASON_LIMIT]
    signal = SIGNALS.get(exit_code - TERMINATED)
    said = f"; its last words: {last_line.strip()}" if last_line.strip() else ""
    if exit_code == TERMINATED + 9:
        how = "the program was killed (SIGKILL: often too little memory)"
    elif signal:
        how = f"the program was ended by {signal}"
    else:
        how = f"the program ended with exit code {exit_code}"
    return f"{how} and left no {FAILURE}{said}"[:REASON_LIMIT]


def final_metrics(definitions: Iterable[tuple[str, str]], lines: Iterable[str]) -> dict[str, float]:
    """Return the last value of each metric that a log line matched.

    definitions: (name, regular expression whose first group is the number). What is no number is no value.
    """
    patterns = [(name, re.compile(pattern)) for name, pattern in definitions]
    found: dict[str, float] = {}
    if not patterns:
        return found
    for line in lines:
        for name, pattern in patterns:
            match = pattern.search(line)
            if match and match.groups():
                try:
                    found[name] = float(match[1])
                except ValueError:
                    continue
    return found
