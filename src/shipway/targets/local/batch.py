"""Batches on this machine: durable executions around a transform job, and the states that are not the job itself."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import cast

import cattrs

from shipway.domain import batch, names
from shipway.domain.batch import BatchInputMissing, BatchNeedsRelease, BatchNotFound, BatchRequest
from shipway.domain.job import JobNotFound
from shipway.domain.store.errors import BucketNotFound
from shipway.domain.store.name import parse_uri
from shipway.domain.store.object import ObjectVersion
from shipway.domain.transform_header import HeadersDiffer, headed_columns, headed_name, header_line, split_header
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow_execution import Handler, Task, WorkflowExecution, WorkflowStatus
from shipway.ports.batch import BatchView
from shipway.targets.local.engine import Engine
from shipway.targets.local.home import Home
from shipway.targets.local.jobs import Jobs
from shipway.targets.local.package import Models
from shipway.targets.local.release import Ledger
from shipway.targets.local.stage import told
from shipway.targets.local.store import Store

STATUSES = {
    WorkflowStatus.QUEUED: "queued",
    WorkflowStatus.RUNNING: "running",
    WorkflowStatus.SUCCEEDED: "succeeded",
    WorkflowStatus.ABORTED: "stopped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchParts:
    """What preparing one needs."""

    store: Store
    models: Models
    ledger: Ledger


def handlers(parts: BatchParts) -> dict[str, Handler]:
    """Return what performs a batch's own resource."""
    return {"shipway:prepareBatch": told(lambda task: prepare(parts, task))}


def prepare(parts: BatchParts, task: Task) -> Json:
    """Prepare: save the release's model as a package, take header rows off the input, render the transform job."""
    asked = cast("JsonObject", task.input)
    name = str(asked["Batch"])
    request = cattrs.structure(asked["Request"], BatchRequest)
    release = parts.ledger.get(request.release)
    project = release.bundle.project
    model = names.release_model(project, release.number)
    container: JsonObject = {"Image": release.bundle.image, "ModelDataUrl": release.model}
    parts.models.create({"ModelName": model, "PrimaryContainer": container})
    place = f"s3://{names.artifact_bucket(project)}/{names.batch_place(name)}"
    source = request.input
    columns: tuple[str, ...] = ()
    if request.header:
        source = f"{place}/input/"
        columns = _without_headers(parts.store, request.input, source, task.progress)
    header = headed_columns(columns, request.columns, joined=batch.joined(request)) if request.columns else ()
    raw = f"{place}/raw/" if header else request.output
    parts.store.create_bucket(parse_uri(request.output)[0])
    transform = batch.transform_job(name, model, request, source, raw.rstrip("/"))
    return batch.prepared(transform, header, raw, request.output)


def _without_headers(store: Store, source: str, target: str, progress: Callable[[str], None]) -> tuple[str, ...]:
    """Copy CSV objects without their first lines, and return the columns that these name. Raises HeadersDiffer."""
    bucket, prefix = parse_uri(target)
    first = ""
    columns: tuple[str, ...] = ()
    for each in below(store, source):
        found, rest = split_header(store.read(each.bucket, each.key, each.version))
        first, columns = first or each.key, columns or found
        if found != columns:
            raise HeadersDiffer(file=each.key, first=first, found=", ".join(found))
        store.put(bucket, prefix + _relative(each.key, source), rest)
    progress(f"header rows taken off: {', '.join(columns)}")
    return columns


def add_header(store: Store, event: JsonObject) -> Json:
    """Perform the platform's function add-transform-header: S3Uri, Header and OutputS3Uri give Objects."""
    bucket, prefix = parse_uri(str(event["S3Uri"]))
    to_bucket, to_prefix = parse_uri(str(event["OutputS3Uri"]))
    store.create_bucket(to_bucket)
    line = header_line(cast("list[str]", event["Header"]))
    written: list[Json] = []
    for each in builtins.list(store.list(bucket, prefix)):
        key = f"{to_prefix.rstrip('/')}/{headed_name(each.key, prefix)}".lstrip("/")
        store.put(to_bucket, key, line + store.read(bucket, each.key, each.version))
        written.append(f"s3://{to_bucket}/{key}")
    return {"Objects": written}


def below(store: Store, uri: str) -> Iterator[ObjectVersion]:
    """Yield the objects of a prefix, or the one object of this name. Raises BucketNotFound."""
    bucket, prefix = parse_uri(uri)
    for each in store.list(bucket, prefix):
        if not prefix or prefix.endswith("/") or each.key == prefix or each.key.startswith(f"{prefix}/"):
            yield each


def _relative(key: str, uri: str) -> str:
    """Return an object's name below the prefix that was asked for, as a download lays it out."""
    _, prefix = parse_uri(uri)
    return key.removeprefix(prefix).lstrip("/") or key.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalBatches:
    """The port `Batches` of this machine. wake: starts what must run to carry a batch out."""

    project: str
    home: Home
    engine: Engine
    store: Store
    jobs: Jobs
    ledger: Ledger
    wake: Callable[[], object]

    def start(self, request: BatchRequest, *, by: str) -> BatchView:
        asked = self._whole(batch.check(request))
        self.wake()
        name = names.batch(self.project, self.home.next_number("batch"))
        place = f"s3://{names.artifact_bucket(self.project)}/{names.batch_place(name)}"
        output = asked.output or f"{place}/output/"
        fields = asdict(replace(asked, output=output))
        self.engine.start(
            batch.document(self.project),
            {"Batch": name, "Request": {**fields, "columns": [*asked.columns]}},
            name=name,
            queue=names.batches(self.project),
            tags={"by": by},
        )
        self.home.record(by, "batch", name, f"release {asked.release} on {asked.input}")
        return self.get(name)

    def _whole(self, request: BatchRequest) -> BatchRequest:
        """Return the request with its release, once everything that it names is there."""
        with suppress(BucketNotFound):
            if next(below(self.store, request.input), None) is not None:
                live = self.ledger.live()
                if not request.release and live is None:
                    raise BatchNeedsRelease
                number = request.release or (live.number if live else 0)
                return replace(request, release=self.ledger.get(number).number)
        raise BatchInputMissing(uri=request.input)

    def list(self, limit: int = 20) -> Sequence[BatchView]:
        return [self._view(each) for each in self.engine.list(names.batches(self.project), limit)]

    def get(self, name: str) -> BatchView:
        found = self._view(self._find(name))
        if found.status != "succeeded":
            return found
        uris = tuple(f"s3://{each.bucket}/{each.key}" for each in below(self.store, found.output))
        return replace(found, files=uris)

    def stop(self, name: str, *, by: str) -> BatchView:
        found = self._find(name)
        self.engine.cancel(found.id, f"stopped by {by}")
        self.home.record(by, "stop", found.id)
        return self.get(found.id)

    def _find(self, name: str) -> WorkflowExecution:
        known = self.engine.list(names.batches(self.project), 1 if name == "latest" else 10_000)
        found = next((each for each in known if name in ("latest", each.id)), None)
        if found is None:
            raise BatchNotFound(batch=name)
        return found

    def _view(self, found: WorkflowExecution) -> BatchView:
        request = cattrs.structure(cast("JsonObject", found.input)["Request"], BatchRequest)
        return BatchView(
            name=found.id,
            status=STATUSES.get(found.status, "failed"),
            release=request.release,
            input=request.input,
            output=request.output,
            started=found.created,
            ended=found.ended,
            progress=self._progress(found),
            reason=self._reason(found),
        )

    def _progress(self, found: WorkflowExecution) -> str:
        """Return the last word of the transform job on its files."""
        if found.status is not WorkflowStatus.RUNNING:
            return ""
        with suppress(JobNotFound):
            said = [line.partition(" ")[2] for line in self.jobs.logs(found.id)]
            return next((line for line in reversed(said) if line.startswith("file ")), "starting")
        return "preparing"

    def _reason(self, found: WorkflowExecution) -> str:
        if found.status is WorkflowStatus.SUCCEEDED or not found.status.final:
            return ""
        with suppress(JobNotFound):
            return self.jobs.get(found.id).failure_reason or found.cause
        return found.cause
