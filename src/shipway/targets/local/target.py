"""This machine as a target: the port that the command line and the console speak."""

import getpass
import hashlib
import http.client
import os
import secrets
import sys
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import shipway
from shipway.domain import names, workflow
from shipway.domain.approval import Approval, ApprovalNotFound, Decision
from shipway.domain.audit import Entry
from shipway.domain.deployment import Ask
from shipway.domain.errors import ShipwayError
from shipway.domain.inference import parse_inference
from shipway.domain.pipeline import Cause, Execution, ExecutionNotFound
from shipway.domain.release import Release
from shipway.domain.store.name import parse_uri
from shipway.domain.store.object import ObjectVersion
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow_execution import WorkflowExecution
from shipway.ports.alarm import Alarms
from shipway.ports.batch import Batches
from shipway.ports.capture import Captures
from shipway.ports.metric import Metrics
from shipway.ports.model_quality import ModelQuality
from shipway.ports.monitor import Monitor
from shipway.ports.notice import Notices
from shipway.ports.scaling import Scaling
from shipway.ports.target import (
    Answer,
    Archive,
    BuiltImage,
    DeploymentView,
    Fault,
    Health,
    JobView,
    LogsNotFound,
    NothingLive,
    SourceNotFound,
    StoredObject,
    Trace,
)
from shipway.ports.trigger import Triggers
from shipway.project import source
from shipway.targets.local import undo
from shipway.targets.local.audit import entries
from shipway.targets.local.building import build_images
from shipway.targets.local.bundle import export, restore
from shipway.targets.local.capture import recorders
from shipway.targets.local.deployment import view
from shipway.targets.local.doctor import faults
from shipway.targets.local.inspect import LocalInspect
from shipway.targets.local.logs import lines
from shipway.targets.local.notify import secret
from shipway.targets.local.people import LocalPeople
from shipway.targets.local.start import enqueue, look
from shipway.targets.local.supervise import Program
from shipway.targets.local.view import events, execution_view, job_view
from shipway.targets.local.waiting import answers, wait_until
from shipway.targets.local.wiring import Machine

CONTROL = "control"
PASSED = ("PATH", "HOME", "LANG", "TMPDIR", "SHIPWAY_TOOLS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PREFIXES = ("UV_", "PIP_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "XDG_")
UP_SECONDS = 30
INVOKE_SECONDS = 60


class ControlPlaneDown(ShipwayError):
    """The control plane was started and does not answer."""

    message = "the control plane does not answer within {seconds} s; its last lines:\n{tail}"
    hint = "read its log: shipway logs control"
    exit_code = 1


def local_target(folder: Path) -> "LocalTarget":
    """Return this machine as the target of the project in a folder."""
    return LocalTarget(Machine(folder.resolve()))


class LocalTarget:
    """Everything of one project on this machine. Each method is described by the port."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @property
    def people(self) -> LocalPeople:
        return self._machine.people

    @property
    def inspect(self) -> LocalInspect:
        return LocalInspect(self._machine, self._id)

    def doctor(self) -> Sequence[Fault]:
        return faults(self._machine.folder)

    def up(self) -> Health:
        machine = self._machine
        machine.home.credentials  # noqa: B018  made before anything needs them
        secret.keep(machine.home, os.environ)
        machine.supervisor.up()
        machine.gateway.ensure(machine.project.local.api_port or None)
        recorders.ensure(machine.home.root, machine.supervisor, machine.gateway, machine.project)
        self._own_key()
        machine.supervisor.ensure(_control_program(machine.folder))
        if not wait_until(lambda: answers(f"{machine.control}/-/health"), UP_SECONDS):
            raise ControlPlaneDown(seconds=UP_SECONDS, tail=machine.supervisor.tail(CONTROL))
        return self.health()

    def down(self) -> None:
        self._machine.supervisor.down()

    def health(self) -> Health:
        machine = self._machine
        if not machine.supervisor.running():
            return Health(running=False)
        live = machine.ledger.live()
        return Health(
            running=True,
            processes=machine.supervisor.states(),
            api=machine.gateway.address,
            control=machine.control,
            live=live.number if live else None,
        )

    def build(self) -> Sequence[BuiltImage]:
        machine = self._machine
        snapshot = source.take(machine.folder, machine.home.sources)
        built = []
        for image, seconds, new, notes in build_images(
            machine.images, machine.project.name, snapshot.folder, _silent
        ).values():
            told = BuiltImage(
                name=image.name, uri=image.uri, digest=image.digest, seconds=seconds, reused=not new, notes=notes
            )
            built.append(told)
        return built

    def start(self, cause: Cause) -> Execution:
        self.up()
        return self.enqueue(cause)

    def enqueue(self, cause: Cause) -> Execution:
        """Write an execution down for the control plane, whether it runs now or later."""
        machine = self._machine
        look(machine.home, machine.folder)
        cause = replace(cause, by=cause.by or getpass.getuser())
        return self.execution(enqueue(machine.engine, machine.home, machine.project, cause))

    def executions(self, limit: int = 20) -> Sequence[Execution]:
        machine = self._machine
        found = [*machine.engine.list(names.pipeline(machine.project.name), limit), *undo.rollbacks(machine, limit)]
        newest = sorted(found, key=lambda each: each.created, reverse=True)[:limit]
        return [self._view(each, inside=False) for each in newest]

    def execution(self, execution: str) -> Execution:
        return self._view(self._machine.engine.get(self._id(execution)), inside=True)

    def stop(self, execution: str, *, by: str, reason: str) -> None:
        found = self._id(execution)
        self._machine.engine.cancel(found, f"stopped by {by}" + (f": {reason}" if reason else ""))
        self._machine.home.record(by, "stop", found, reason)

    def retry(self, execution: str, *, by: str) -> None:
        self.up()
        found = self._id(execution)
        self._machine.engine.redrive(found)
        self._machine.home.record(by, "retry", found)

    def approval(self, execution: str) -> Approval:
        return self._machine.decisions.question(execution)

    def decide(self, execution: str, decision: Decision) -> Approval:
        return self._machine.decisions.decide(execution, decision)

    def deployments(self, limit: int = 20) -> Sequence[DeploymentView]:
        return [view(record) for record in self._machine.deployments.list(limit)]

    def abort(self, deployment: str, *, by: str) -> None:
        self._order(deployment, Ask.ABORT, by)

    def promote(self, deployment: str, *, by: str) -> None:
        self._order(deployment, Ask.PROMOTE, by)

    def pause(self, deployment: str, *, by: str) -> None:
        self._order(deployment, Ask.PAUSE, by)

    def resume(self, deployment: str, *, by: str) -> None:
        self._order(deployment, Ask.RESUME, by)

    def hold(self, deployment: str, *, by: str) -> None:
        self._order(deployment, Ask.HOLD, by)

    def extend(self, deployment: str, *, by: str) -> None:
        self._order(deployment, Ask.EXTEND, by)

    def _order(self, deployment: str, ask: Ask, by: str) -> None:
        """Write down what somebody asks of a deployment, for its rollout and for the record."""
        found = self._machine.deployments.order(deployment, ask, by)
        self._machine.home.record(by, ask, found)

    def rollback(self, to: int | None = None, *, by: str, reason: str = "") -> Execution:
        if not self._machine.supervisor.running():
            self.up()
        return self.execution(undo.start(self._machine, to, by=by, reason=reason))

    def releases(self) -> Sequence[Release]:
        return self._machine.ledger.list()

    def release(self, number: int) -> Release:
        return self._machine.ledger.get(number)

    def release_at(self, moment: datetime) -> Release:
        return self._machine.ledger.at(moment)

    def trace(self, inference: str) -> Trace:
        release = self._machine.ledger.get(parse_inference(inference).release)
        return Trace(inference=inference, release=release, approval=self._approval_of(release))

    def export_release(self, number: int, file: str) -> Archive:
        machine = self._machine
        release = machine.ledger.get(number)
        return export(machine.parts, release, undo.documents(machine, release), Path(file))

    def import_release(self, file: str, *, by: str) -> Release:
        if not Path(file).is_file():
            raise SourceNotFound(source=file)
        machine = self._machine
        return restore(machine.parts, machine.project.name, Path(file), by=by)

    def audit(self) -> Sequence[Entry]:
        return entries(self._machine.home.connection)

    @property
    def batches(self) -> Batches:
        return self._machine.batches(self.up)

    @property
    def scaling(self) -> Scaling:
        return self._machine.scaling

    def jobs(self, limit: int = 50) -> Sequence[JobView]:
        return [job_view(job) for job in self._machine.jobs.list(limit)]

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        machine = self._machine
        if any(job.name == name for job in machine.jobs.list(10_000)):
            return machine.jobs.logs(name, follow)
        path = machine.home.logs / f"{name}.log"
        if not path.is_file() or path.parent != machine.home.logs:
            raise LogsNotFound(name=name)
        return lines(path, follow=follow)

    def put(self, source: str, destination: str, *, by: str = "") -> Sequence[StoredObject]:
        machine = self._machine
        path = Path(source)
        if not path.exists():
            raise SourceNotFound(source=source)
        uri = destination or machine.project.data_uri
        machine.store.create_bucket(parse_uri(uri)[0])
        if uri.endswith("/") and path.is_file():
            uri += path.name
        stored = [_stored(each) for each in machine.store.upload(path, uri)]
        machine.home.record(by or getpass.getuser(), "upload", uri, f"{len(stored)} objects")
        return stored

    def objects(self, prefix: str = "") -> Sequence[StoredObject]:
        machine = self._machine
        bucket, _, below = (prefix or machine.project.data_uri).removeprefix("s3://").partition("/")
        return [_stored(each) for each in machine.store.list(bucket, below)]

    def invoke(self, body: bytes, *, content_type: str, headers: dict[str, str] | None = None) -> Answer:
        machine = self._machine
        if not machine.supervisor.running() or machine.ledger.live() is None:
            raise NothingLive
        address = urllib.parse.urlsplit(machine.gateway.address)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=INVOKE_SECONDS)
        try:
            sent = {**(headers or {}), "content-type": content_type, "x-api-key": self._own_key()}
            connection.request("POST", address.path, body, sent)
            got = connection.getresponse()
            return Answer(
                status=got.status,
                headers={name.lower(): value for name, value in got.getheaders()},
                body=got.read(),
            )
        finally:
            connection.close()

    def create_key(self, name: str, *, by: str = "") -> str:
        key = secrets.token_urlsafe(32)
        self._machine.gateway.add_key(_hash(key), name)
        self._machine.home.record(by or getpass.getuser(), "create key", name)
        return key

    @property
    def monitor(self) -> Monitor:
        return self._machine.monitor

    @property
    def quality(self) -> ModelQuality:
        return self._machine.quality

    @property
    def captures(self) -> Captures:
        return self._machine.captures

    @property
    def alarms(self) -> Alarms:
        return self._machine.alarm_views

    @property
    def metrics(self) -> Metrics:
        return self._machine.metrics

    @property
    def notices(self) -> Notices:
        return self._machine.notices

    @property
    def triggers(self) -> Triggers:
        return self._machine.triggers

    def event_log(self, execution: str, after: int = 0) -> Sequence[tuple[int, JsonObject]]:
        return events(self._machine.engine, self._id(execution), after)

    def document(self) -> Json:
        return source.customized(self._machine.folder, workflow.document(self._machine.project))

    def _approval_of(self, release: Release) -> Approval | None:
        try:
            approval = self._machine.decisions.question(release.execution)
        except ApprovalNotFound:
            return None
        return approval if approval.release == release.number else None

    def _own_key(self) -> str:
        """Return the key with which this target calls its own API, known to the gateway."""
        home = self._machine.home
        key = home.secret(home.root / "keys" / "invoke", lambda: secrets.token_urlsafe(32))
        self._machine.gateway.add_key(_hash(key), "shipway")
        return key

    def _id(self, execution: str) -> str:
        if execution != "latest":
            return execution
        machine = self._machine
        found = [*machine.engine.list(names.pipeline(machine.project.name), 1), *undo.rollbacks(machine, 1)]
        if not found:
            raise ExecutionNotFound(execution=execution)
        return max(found, key=lambda each: each.created).id

    def _view(self, found: WorkflowExecution, *, inside: bool) -> Execution:
        made = self._machine.ledger.of_execution(found.id)
        release = made.number if made else int(found.tags.get("release", 0)) or None
        return execution_view(self._machine.engine, found, release=release, inside=inside)


def _control_program(folder: Path) -> Program:
    package = Path(shipway.__file__).parent.parent
    return Program(
        name=CONTROL,
        argv=(sys.executable, "-m", "shipway.cli.main", "--project", str(folder), "control"),
        environment={**_inherited(), "PYTHONPATH": str(package), "PYTHONUNBUFFERED": "1"},
        cwd=str(folder),
        stop_seconds=10,
        priority=900,
    )


def _inherited() -> dict[str, str]:
    """Return what builds need to reach package indexes: addresses, certificates, caches."""
    return {name: value for name, value in os.environ.items() if name in PASSED or name.upper().startswith(PREFIXES)}


def _stored(version: ObjectVersion) -> StoredObject:
    return StoredObject(
        uri=f"s3://{version.bucket}/{version.key}",
        version=version.version,
        size=version.size,
        etag=version.etag,
        modified=version.modified,
    )


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _silent(message: str) -> None:
    """Say nothing."""
