"""What the command line and the console ask of a target. Each method's docstring is its contract."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from shipway.domain.approval import Approval, Decision
from shipway.domain.audit import Entry
from shipway.domain.errors import ShipwayError
from shipway.domain.pipeline import Cause, Execution
from shipway.domain.release import Release
from shipway.domain.values import Json, JsonObject
from shipway.ports.batch import Batches
from shipway.ports.capture import Captures
from shipway.ports.model_quality import ModelQuality
from shipway.ports.monitor import Monitor
from shipway.ports.people import People
from shipway.ports.scaling import Scaling
from shipway.ports.trigger import Triggers

if TYPE_CHECKING:  # the command line starts sooner without them; inspect shows values of this module
    from shipway.ports.alarm import Alarms
    from shipway.ports.inspect import Inspect
    from shipway.ports.metric import Metrics
    from shipway.ports.notice import Notices


class KeyNotFound(ShipwayError):
    """No client has this API key."""

    message = "there is no API key {key!r}"
    hint = "list them: shipway keys list"
    exit_code = 4
    status = 404


class LogsNotFound(ShipwayError):
    """Nothing of this name has written anything."""

    message = "there are no logs of {name!r}"
    hint = "name a job (shipway jobs) or a process (shipway up)"
    exit_code = 4
    status = 404


class SourceNotFound(ShipwayError):
    """The file or folder to upload is not there."""

    message = "{source} does not exist"
    hint = "name a file or a folder of this machine"
    exit_code = 4
    status = 404


class NothingLive(ShipwayError):
    """Production has no release yet, or nothing runs that could answer."""

    message = "production does not answer: no release is live, or nothing runs"
    hint = "start what must run with shipway up, release something with shipway start"
    exit_code = 4
    status = 503


class NothingInDev(ShipwayError):
    """No model is behind the development endpoint."""

    message = "the dev stage does not answer: no endpoint is in service"
    hint = "start the pipeline: shipway start"
    exit_code = 4
    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """One image of the project. seconds: what building took; reused: its content was already there.

    notes: what of its Dockerfile this machine does otherwise, or not at all, a sentence each.
    """

    name: str
    uri: str
    digest: str
    seconds: float
    reused: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is not as it should be on this machine, and what to do about it."""

    what: str
    remedy: str
    fatal: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What runs.

    processes: name -> state ("running", "starting", "stopped", "failed").
    api: the public address ("http://127.0.0.1:8080/api"), empty while nothing listens.
    live: number of the release in production, None before the first.
    """

    running: bool
    processes: dict[str, str] = field(default_factory=dict)
    api: str = ""
    control: str = ""
    live: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentView:
    """One deployment as people see it.

    weights: version -> percent of requests; counts: version -> {"requests", "2xx", "4xx", "5xx"}.
    sentence: the verdict so far, with its numbers.
    """

    id: str
    execution: str
    release: int
    phase: str
    weights: dict[str, int]
    counts: dict[str, dict[str, int]]
    sentence: str
    started: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job as people see it; kind: training, processing or transform.

    ran_from, ran_to: when its own program ran; the rest of the job's time is the platform's.
    """

    name: str
    kind: str
    status: str
    started: datetime | None
    ended: datetime | None
    reason: str = ""
    execution: str = ""
    ran_from: datetime | None = None
    ran_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One version of an object, as `data put` and `data list` show it. size: bytes."""

    uri: str
    version: str
    size: int
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where one prediction came from.

    release: with its model, image, data version, commit, verdict and times; approval: None where none was asked for.
    """

    inference: str
    release: Release
    approval: Approval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A release in one file. digest: sha256 of the file; size: bytes; files: how many different contents it holds."""

    path: str
    release: int
    digest: str
    size: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What production answered: HTTP status, headers with lower-case names, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Target(Protocol):
    """One place where a project lives: this machine, an AWS account, or a control plane elsewhere."""

    @property
    def people(self) -> People:
        """Who may use the control plane."""

    @property
    def inspect(self) -> "Inspect":
        """Closer looks: evidence, state machines, experiments, buckets, notices."""

    @property
    def batches(self) -> Batches:
        """Models asked for every record of some objects."""

    @property
    def scaling(self) -> Scaling:
        """How many instances endpoints have, and why."""

    def doctor(self) -> Sequence[Fault]:
        """Return what is missing or wrong here; empty when all is well. Changes nothing."""

    def up(self) -> Health:
        """Start what must always run; safe to repeat. Returns when it answers."""

    def down(self) -> None:
        """Stop everything, nothing is lost; safe to repeat. Returns when all processes have ended."""

    def health(self) -> Health:
        """Return what runs now."""

    def build(self) -> Sequence[BuiltImage]:
        """Return the project's images, built where their content is new; safe to repeat."""

    def start(self, cause: Cause) -> Execution:
        """Start the pipeline on the project as it is now; queued behind a running execution.

        A newer execution supersedes an older one that still waits (in the queue, or for approval).
        """

    def executions(self, limit: int = 20) -> Sequence[Execution]:
        """Return executions, newest first, with their stages but without the steps inside."""

    def execution(self, execution: str) -> Execution:
        """Return one with everything inside; "latest" names the newest. Raises ExecutionNotFound."""

    def stop(self, execution: str, *, by: str, reason: str) -> None:
        """Stop it and what it runs. Raises ExecutionNotFound, ExecutionFinished."""

    def retry(self, execution: str, *, by: str) -> None:
        """Go on from the stage that failed. Raises ExecutionNotFound, ExecutionNotFailed."""

    def approval(self, execution: str) -> Approval:
        """Return what this execution asked of people; "latest" names the newest. Raises ApprovalNotFound."""

    def decide(self, execution: str, decision: Decision) -> Approval:
        """Approve or reject. Raises ApprovalNotFound, ApprovalStale, ApprovalClosed, ApproverUnknown."""

    def deployments(self, limit: int = 20) -> Sequence[DeploymentView]:
        """Return production deployments, newest first."""

    def abort(self, deployment: str, *, by: str) -> None:
        """Send all traffic back to the version that was live before. Works from every phase, safe to repeat.

        "latest" names the newest. Raises DeploymentNotFound, DeploymentFinished (after a success: roll back instead).
        """

    def promote(self, deployment: str, *, by: str) -> None:
        """Give a held deployment all traffic: a person's word where the verdict was inconclusive.

        "latest" names the newest. Raises DeploymentNotFound, DeploymentNotHeld.
        """

    def pause(self, deployment: str, *, by: str) -> None:
        """Stop a deployment where it is: traffic and clocks stand still until somebody resumes it.

        What speaks against the new version still sends it back. "latest" names the newest.
        Raises DeploymentNotFound, DeploymentFinished, OrderUnfit.
        """

    def resume(self, deployment: str, *, by: str) -> None:
        """Let a paused deployment go on where it stopped. "latest" names the newest.

        Raises DeploymentNotFound, DeploymentFinished, OrderUnfit.
        """

    def hold(self, deployment: str, *, by: str) -> None:
        """Make a deployment that bakes wait for a person's word: it no longer passes by itself.

        "latest" names the newest. Raises DeploymentNotFound, DeploymentFinished, OrderUnfit.
        """

    def extend(self, deployment: str, *, by: str) -> None:
        """Let a deployment that bakes or is held bake once more as long. "latest" names the newest.

        Raises DeploymentNotFound, DeploymentFinished, OrderUnfit.
        """

    def rollback(self, to: int | None = None, *, by: str, reason: str = "") -> Execution:
        """Start to give all traffic to a release that production has had; returns its execution.

        to: its number; None means the release that was live before the live one, or, while a deployment is under way,
        the live one itself. What is under way in production is aborted first; what only trains goes on.
        Raises ReleaseNotFound, ReleaseNeverLive, ReleaseAlreadyLive, NothingBefore.
        """

    def releases(self) -> Sequence[Release]:
        """Return the ledger, newest first. Raises ReleaseChanged."""

    def release(self, number: int) -> Release:
        """Return one. Raises ReleaseNotFound, ReleaseChanged."""

    def release_at(self, moment: datetime) -> Release:
        """Return the release that was live at an aware moment. Raises NothingLiveThen."""

    def trace(self, inference: str) -> Trace:
        """Return where the answer with this inference id came from. Raises InferenceNotTraceable, ReleaseNotFound."""

    def export_release(self, number: int, file: str) -> Archive:
        """Write everything that a release needs into one file; the same release gives the same bytes.

        An existing file is replaced, whole or not at all. Raises ReleaseNotFound, ReleaseIncomplete.
        """

    def import_release(self, file: str, *, by: str) -> Release:
        """Take a release in from a file; importing it twice is importing it once. Needs no network.

        Raises SourceNotFound, ArchiveRefused, ArchiveForeign; nothing has been written then.
        """

    def audit(self) -> Sequence[Entry]:
        """Return the audit log as it is, oldest first; `domain.audit.verify` tells whether it is what was written."""

    def jobs(self, limit: int = 50) -> Sequence[JobView]:
        """Return jobs, newest first."""

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        """Yield the lines that a job, an endpoint, a function or the control plane wrote, oldest first.

        follow: go on until the writer ends. Raises LogsNotFound.
        """

    def put(self, source: str, destination: str, *, by: str = "") -> Sequence[StoredObject]:
        """Upload a file or a folder. destination: "s3://bucket/key" or "" for the project's data bucket.

        by: who does it, for the audit log; "" is whoever runs this process.

        Each file is whole or absent; a folder's files keep their relative names.
        Raises SourceNotFound.
        """

    def objects(self, prefix: str = "") -> Sequence[StoredObject]:
        """Return the newest versions below an s3 name ("s3://bucket/prefix"), "" for the data bucket."""

    def invoke(self, body: bytes, *, content_type: str, headers: dict[str, str] | None = None) -> Answer:
        """Send one request to the production API with a key that the target holds.

        An answer of 4xx or 5xx is an answer, not an error. Raises NothingLive when there is nothing to ask.
        """

    def create_key(self, name: str, *, by: str = "") -> str:
        """Return a new API key for a client; it is shown once and kept only as a hash. by: as in `put`."""

    @property
    def monitor(self) -> Monitor:
        """The watch over captured data."""

    @property
    def quality(self) -> ModelQuality:
        """Labels, and how good the model's answers were."""

    @property
    def captures(self) -> Captures:
        """Captured requests and answers."""

    @property
    def alarms(self) -> "Alarms":
        """What watches the metrics."""

    @property
    def metrics(self) -> "Metrics":
        """What is measured."""

    @property
    def notices(self) -> "Notices":
        """What people were told."""

    @property
    def triggers(self) -> Triggers:
        """What starts the pipeline by itself."""

    def event_log(self, execution: str, after: int = 0) -> Sequence[tuple[int, JsonObject]]:
        """Return numbered events of an execution after one number, in order: progress for whoever watches.

        "latest" names the newest. Raises ExecutionNotFound.
        """

    def document(self) -> Json:
        """Return the training state machine, rendered for this project."""
