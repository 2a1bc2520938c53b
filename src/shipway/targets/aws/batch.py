"""Batches as SageMaker's transform jobs, each with a record of what was asked in the artifacts bucket."""

import builtins
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, cast

import cattrs
from botocore.exceptions import ClientError

from shipway.domain import batch, names
from shipway.domain.batch import BatchInputMissing, BatchInvalid, BatchNeedsRelease, BatchNotFound, BatchRequest
from shipway.domain.pipeline import ExecutionFinished
from shipway.domain.release import Release
from shipway.domain.transform_header import ADD_TRANSFORM_HEADER, headed_columns, headed_name
from shipway.domain.values import JsonObject, canonical
from shipway.ports.batch import BatchView
from shipway.targets.aws.account import Account
from shipway.targets.aws.audit import Trail
from shipway.targets.aws.errors import plainly
from shipway.targets.aws.header import Headless, Source
from shipway.targets.aws.objects import code, keys, read, write_once
from shipway.targets.aws.release import Ledger
from shipway.targets.aws.resources.settings import serving

PREPARING = timedelta(hours=1)  # longest time between a batch's record and its job
HEADING = timedelta(minutes=15)  # longest time until header rows are on
LARGEST = 100  # MiB in all requests at a time; SageMaker API reference, CreateTransformJob, MaxPayloadInMB
STATUS = {"InProgress": "running", "Stopping": "running", "Failed": "failed", "Stopped": "stopped"}
SAID = {"InProgress": "the transform job runs", "Stopping": "stopping"}
Document = Mapping[str, Any]


@plainly
class Transforms:
    """The port over one project's batches, which run side by side."""

    def __init__(self, account: Account, ledger: Ledger, trail: Trail, now: Callable[[], datetime]) -> None:
        self._account = account
        self._ledger = ledger
        self._trail = trail
        self._now = now

    @property
    def _sagemaker(self) -> Any:
        return self._account.client("sagemaker")

    @property
    def _s3(self) -> Any:
        return self._account.client("s3")

    def start(self, request: BatchRequest, *, by: str) -> BatchView:
        """Start one; see the port. Header rows are taken off, in copies, before this returns: then it needs nobody."""
        batch.check(request)
        sources = self._sources(request.input)
        release = self._release(request.release)
        self._possible(request)
        headless = Headless(self._s3, sources) if request.header else None
        columns = headless.columns() if headless else ()
        header = headed_columns(columns, request.columns, joined=batch.joined(request)) if request.columns else ()
        record = self._claim(replace(request, release=release.number), header, by)
        name = str(record["Batch"])
        source = sources[0].asked
        if headless:
            source = f"s3://{self._account.artifacts}/{names.batch_place(name)}/input/"
            headless.copy(source)
        raw, model = str(record["Raw"]).rstrip("/"), self._model(release)
        self._sagemaker.create_transform_job(**self._document(batch.transform_job(name, model, request, source, raw)))
        self._trail.record(by, "batch", name, f"release {release.number} on {request.input}")
        return self.get(name)

    def list(self, limit: int = 20) -> Sequence[BatchView]:
        numbers = sorted(self._numbers(), reverse=True)[:limit]
        return [self._view(self._record(names.batch(self._account.project.name, each))) for each in numbers]

    def get(self, name: str) -> BatchView:
        record = self._record(self._named(name))
        found = self._view(record)
        if found.status != "succeeded":
            return found
        bucket, prefix = self._account.bucket(found.output)
        return replace(found, files=tuple(f"s3://{bucket}/{key}" for key in keys(self._s3, bucket, prefix)))

    def stop(self, name: str, *, by: str) -> BatchView:
        found = self.get(name)
        if found.final:
            raise ExecutionFinished(execution=found.name, status=found.status)
        self._sagemaker.stop_transform_job(TransformJobName=found.name)
        self._trail.record(by, "stop", found.name)
        return self.get(found.name)

    def _document(self, job: JsonObject) -> JsonObject:
        """Return a transform job as SageMaker takes it, on the instances of production."""
        resources: JsonObject = {
            "InstanceType": self._account.project.endpoint.prod.instance_type,
            "InstanceCount": 1,
        }
        split = cast("JsonObject", job["TransformInput"])["SplitType"]
        # A strategy is for files that are split; SageMaker API reference, BatchStrategy.
        kept = {name: value for name, value in job.items() if name != "BatchStrategy" or split != "None"}
        return {**kept, "TransformResources": resources}

    def _sources(self, uri: str) -> builtins.list[Source]:
        """Return the objects of a prefix, or the one object of this name. Raises BatchInputMissing, BatchInvalid."""
        bucket, asked = self._account.bucket(uri)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=asked)
        found = {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", ())}
        folder = f"{asked.rstrip('/')}/" if asked else ""
        alone = asked in found and not asked.endswith("/")
        wanted = asked if alone else folder
        below = [key for key in found if key.startswith(wanted) and not key.endswith("/")]
        if not below:
            raise BatchInputMissing(uri=uri)
        if alone and len(below) > 1:  # SageMaker knows prefixes alone
            raise BatchInvalid(problem=f"{uri} is how {below[1]} begins as well: put it into a folder of its own")
        return [
            Source(bucket=bucket, key=key, size=found[key], asked=f"s3://{bucket}/{wanted}", prefix=wanted)
            for key in below
        ]

    def _release(self, number: int) -> Release:
        live = None if number else self._ledger.live()
        if not number and live is None:
            raise BatchNeedsRelease
        return live or self._ledger.get(number)

    def _possible(self, request: BatchRequest) -> None:
        """Refuse what the role of jobs may not read or write, and what SageMaker would refuse. Raises BatchInvalid."""
        if request.payload * request.concurrent > LARGEST:
            asked = f"{request.concurrent} requests of {request.payload} MiB at a time"
            raise BatchInvalid(problem=f"{asked} are more than {LARGEST} MiB, which SageMaker takes")
        own = f"s3://{self._account.artifacts}/{names.BATCHES}"
        if request.output and not self._uri(request.output).startswith(own):
            raise BatchInvalid(problem=f"its role writes below {own} alone, which is where its output has to go")
        data = f"s3://{self._account.data}/{self._account.project.data.prefix}"
        runs = f"{names.run_outputs(self._account.artifacts)}/"
        if not request.header and not self._uri(request.input).startswith((data, runs, own)):
            raise BatchInvalid(problem=f"its role reads below {data}, {runs} and {own} alone: copy the input there")

    def _uri(self, uri: str) -> str:
        bucket, key = self._account.bucket(uri)
        return f"s3://{bucket}/{key}"

    def _claim(self, request: BatchRequest, header: Sequence[str], by: str) -> JsonObject:
        """Return the record of a new batch, under a name that nobody has."""
        number = max(self._numbers(), default=0) + 1
        while True:
            name = names.batch(self._account.project.name, number)
            record = self._whole(name, request, header, by)
            key, content = names.batch_record(name), canonical(record).encode()
            if self._job(name) is None and write_once(self._s3, self._account.artifacts, key, content):
                return record
            number += 1

    def _whole(self, name: str, request: BatchRequest, header: Sequence[str], by: str) -> JsonObject:
        place = f"s3://{self._account.artifacts}/{names.batch_place(name)}"
        output = self._uri(request.output) if request.output else f"{place}/output/"
        return {
            "Batch": name,
            "By": by,
            "At": self._now().isoformat(),
            "Request": {**asdict(request), "columns": [*request.columns]},
            "Header": [*header],
            "Raw": f"{place}/raw/" if header else output,
            "Output": output,
        }

    def _model(self, release: Release) -> str:
        """Return the name of a release's model, which is made where it is not there."""
        name = names.release_model(release.bundle.project, release.number)
        endpoint = self._account.project.endpoint.prod
        container = {"Image": release.bundle.image, "ModelDataUrl": release.model, "Environment": serving(endpoint)}
        made = self._made(name)
        if made is not None and made != container:  # of a project that was taken away, or before a change of settings
            self._sagemaker.delete_model(ModelName=name)
        if made != container:
            self._sagemaker.create_model(
                ModelName=name,
                ExecutionRoleArn=self._account.role("jobs"),
                PrimaryContainer=container,
                EnableNetworkIsolation=self._account.project.aws.network_isolation,
            )
        return name

    def _made(self, model: str) -> dict[str, Any] | None:
        try:
            told = self._sagemaker.describe_model(ModelName=model)["PrimaryContainer"]
        except ClientError as error:
            if code(error) != "ValidationException":
                raise
            return None
        return {key: told.get(key, {}) for key in ("Image", "ModelDataUrl", "Environment")}

    def _numbers(self) -> Iterator[int]:
        prefix = names.batch_place(f"{self._account.project.name}-batch-")
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._account.artifacts, Prefix=prefix, Delimiter="/"
        )
        for each in (each["Prefix"] for page in pages for each in page.get("CommonPrefixes", ())):
            number = each.removeprefix(prefix).rstrip("/")
            if number.isdigit():
                yield int(number)

    def _named(self, name: str) -> str:
        if name != "latest":
            return name
        return names.batch(self._account.project.name, max(self._numbers(), default=0))

    def _record(self, name: str) -> Document:
        content = read(self._s3, self._account.artifacts, names.batch_record(name))
        if content is None:
            raise BatchNotFound(batch=name)
        record: Document = json.loads(content)
        return record

    def _job(self, name: str) -> Document | None:
        try:
            told: Document = self._sagemaker.describe_transform_job(TransformJobName=name)
        except ClientError as error:
            if code(error) in ("ValidationException", "ResourceNotFound"):
                return None
            raise
        return told

    def _view(self, record: Document) -> BatchView:
        request = cattrs.structure(record["Request"], BatchRequest)
        started, told = datetime.fromisoformat(record["At"]), self._job(record["Batch"])
        status, progress, reason = self._standing(record, told, started)
        final = status not in ("queued", "running")
        return BatchView(
            name=record["Batch"],
            status=status,
            release=request.release,
            input=request.input,
            output=record["Output"],
            started=started,
            ended=told.get("TransformEndTime") if told and final else None,
            progress=progress,
            reason=reason,
        )

    def _standing(self, record: Document, told: Document | None, started: datetime) -> tuple[str, str, str]:
        """Return status, progress and reason."""
        if told is None:
            if self._now() - started < PREPARING:
                return "queued", "preparing", ""
            return "failed", "", "its transform job was never made, as its start was cut off: start it again"
        status = told["TransformJobStatus"]
        if status != "Completed":
            return STATUS[status], SAID.get(status, ""), told.get("FailureReason", "")
        if not record["Header"] or self._headed(record):
            return "succeeded", "", ""
        if self._now() - told.get("TransformEndTime", started) < HEADING:
            return "running", "adding header rows", ""
        function = names.platform_function(self._account.project.name, ADD_TRANSFORM_HEADER)
        return "failed", "", f"header rows are missing: shipway logs {function} --target aws"

    def _headed(self, record: Document) -> bool:
        """Return whether every file of the transform job has become one with a header row."""
        bucket, raw = self._account.bucket(record["Raw"])
        to_bucket, output = self._account.bucket(record["Output"])
        there = set(keys(self._s3, to_bucket, output))
        wanted = {f"{output.rstrip('/')}/{headed_name(key, raw)}" for key in keys(self._s3, bucket, raw)}
        return wanted <= there
