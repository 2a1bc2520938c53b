"""Closer looks at one project on this machine: evidence, state machines, experiments, buckets, notices."""

import http.client
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from shipway.domain import names, pipeline, workflow
from shipway.domain.deployment import exposures, fitting
from shipway.domain.deployment_settings import judged_by
from shipway.domain.experiment import Experiment
from shipway.domain.notice import Notice
from shipway.domain.store.name import parse_uri
from shipway.domain.verdict import Counts, Verdict, load, merged, verdict
from shipway.domain.verdict.comparing import quantile
from shipway.domain.workflow_execution import Visit
from shipway.ports.target import Answer, KeyNotFound, NothingInDev, StoredObject
from shipway.ports.view import (
    ArmPoint,
    BucketView,
    CurveView,
    DeploymentDetail,
    KeyView,
    ProjectView,
    VisitView,
    WorkflowView,
)
from shipway.project import source
from shipway.targets.local.deployment import Record, view
from shipway.targets.local.experiment import Experiments
from shipway.targets.local.gateway.evidence import Second
from shipway.targets.local.wiring import Machine

POINTS = 120  # of a version's line, at most
OWN_KEY = "shipway"  # the name of the key with which the target asks its own API
KEY_DIGITS = 12
ASK_SECONDS = 60


class LocalInspect:
    """Implements `ports.inspect.Inspect`. locate: an execution's id for a name ("latest")."""

    def __init__(self, machine: Machine, locate: Callable[[str], str]) -> None:
        self._machine = machine
        self._locate = locate

    def project(self) -> ProjectView:
        project = self._machine.project
        return ProjectView(name=project.name, target="local", data=project.data_uri, stages=pipeline.stages(project))

    def deployment(self, deployment: str) -> DeploymentDetail:
        record = self._machine.deployments.get(deployment)
        found = record.deployment
        said = self._verdict(record)
        return DeploymentDetail(
            view=view(record),
            new=found.new,
            old=found.old,
            strategy=found.plan.strategy.value,
            exposures=tuple((each.percent, each.bake.total_seconds()) for each in exposures(found.plan)),
            stage=found.stage,
            until=found.until,
            can=tuple(ask.value for ask in fitting(found.phase)),
            kind=said.kind.value if said else "",
            numbers=dict(said.numbers) if said else {},
            curves=_curves(said),
            arms=self._arms(record),
        )

    def _verdict(self, record: Record) -> Verdict | None:
        if not record.judge:
            return None
        live = record.deployment.old is not None
        return verdict(load(record.judge["state"]), judged_by(self._machine.project.deployment, live=live))  # type: ignore[arg-type]

    def _arms(self, record: Record) -> Mapping[str, tuple[ArmPoint, ...]]:
        ended = record.ended or datetime.now(UTC)
        begin, end = int(record.started.timestamp()), int(ended.timestamp())
        versions = [each for each in (record.deployment.old, record.deployment.new) if each]
        if time.time() - end > 24 * 3600:
            return {}
        step = max(1, (end - begin) // POINTS + 1)
        seconds = [each for each in self._machine.gateway.evidence(record.function, begin - 1) if each.second <= end]
        return {version: tuple(_points(seconds, version, step)) for version in versions}

    def workflow(self, execution: str) -> WorkflowView:
        machine, found = self._machine, self._locate(execution)
        engine = machine.engine
        engine.get(found)
        children = engine.children(found)
        if not children:
            document = source.customized(machine.folder, workflow.document(machine.project))
            return WorkflowView(id="", execution=found, status="", document=document)
        child = children[-1]
        return WorkflowView(
            id=child.id,
            execution=found,
            status=child.status.value,
            document=engine.document(child.id),
            visits=tuple(_visit(each) for each in engine.visits(child.id)),
        )

    def ask_dev(self, body: bytes, content_type: str) -> Answer:
        machine = self._machine
        prefix = names.dev_endpoints(machine.project.name)
        found = [each for each in machine.parts.endpoints.list() if each.name.startswith(prefix)]
        ready = [each for each in found if each.status == "InService"]
        if not ready:
            raise NothingInDev
        newest = max(ready, key=lambda each: int(each.name.removeprefix(prefix)))
        address = urllib.parse.urlsplit(machine.gateway.runtime_address)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=ASK_SECONDS)
        try:
            path = f"/endpoints/{newest.name}/invocations"
            connection.request("POST", path, body, {"content-type": content_type})
            got = connection.getresponse()
            told = {name.lower(): value for name, value in got.getheaders()}
            return Answer(status=got.status, headers=told, body=got.read())
        finally:
            connection.close()

    def experiments(self) -> Sequence[Experiment]:
        return Experiments(self._machine.home).list()

    def notices(self, after: int = 0) -> Sequence[Notice]:
        return self._machine.inbox.list(after)

    def buckets(self) -> Sequence[BucketView]:
        return [
            BucketView(name=each.name, versioning=each.versioning.value == "Enabled", created=each.created)
            for each in self._machine.store.buckets()
        ]

    def versions(self, uri: str) -> Sequence[StoredObject]:
        bucket, key = parse_uri(uri)
        return [
            StoredObject(
                uri=f"s3://{each.bucket}/{each.key}",
                version=each.version,
                size=each.size,
                etag=each.etag,
                modified=each.modified,
            )
            for each in self._machine.store.versions(bucket, key)
            if each.key == key
        ]

    def keys(self) -> Sequence[KeyView]:
        found = self._machine.gateway.keys().items()
        views = [KeyView(id=digest[:KEY_DIGITS], name=name) for digest, name in found if name != OWN_KEY]
        return sorted(views, key=lambda each: (each.name, each.id))

    def remove_key(self, key: str, *, by: str) -> None:
        for digest, name in self._machine.gateway.keys().items():
            if digest[:KEY_DIGITS] == key and name != OWN_KEY:
                self._machine.gateway.remove_key(digest)
                self._machine.home.record(by, "remove key", name)
                return
        raise KeyNotFound(key=key)


def _curves(said: Verdict | None) -> tuple[CurveView, ...]:
    return tuple(
        CurveView(test=each.test.value, threshold=each.threshold, points=each.points)
        for each in (said.curves if said else ())
    )


def _points(seconds: Iterable[Second], version: str, step: int) -> Iterable[ArmPoint]:
    """Yield a version's answers, `step` seconds in each point; seconds that nobody can vouch for are left out."""
    parts: dict[int, list[Counts]] = {}
    for each in seconds:
        if each.versions is not None:
            parts.setdefault(each.second // step * step, []).append(each.versions.get(version, Counts()))
    for begin, counts in sorted(parts.items()):
        whole = merged(counts)
        yield ArmPoint(
            at=datetime.fromtimestamp(begin, UTC),
            seconds=step,
            requests=whole.requests,
            client_errors=whole.client_errors,
            server_errors=whole.server_errors,
            p50=quantile(whole, 0.5),
            p90=quantile(whole, 0.9),
            p99=quantile(whole, 0.99),
        )


def _visit(visit: Visit) -> VisitView:
    return VisitView(
        path=visit.path,
        state=visit.state,
        type=visit.type,
        attempt=visit.attempt,
        status=visit.status.value.lower(),
        input=visit.input,
        output=visit.output,
        error=visit.error,
        cause=visit.cause,
        started=visit.started or visit.entered,
        ended=visit.ended,
    )
