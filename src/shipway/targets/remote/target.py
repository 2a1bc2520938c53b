"""A control plane elsewhere: the port that the command line speaks, over its REST API."""

import hashlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from shipway.domain.approval import Approval, Decision
from shipway.domain.audit import Entry
from shipway.domain.errors import ShipwayError
from shipway.domain.pipeline import Cause, Execution
from shipway.domain.release import Release
from shipway.domain.store.name import parse_uri
from shipway.domain.values import Json, JsonObject
from shipway.ports.target import (
    Answer,
    Archive,
    BuiltImage,
    DeploymentView,
    Fault,
    Health,
    JobView,
    SourceNotFound,
    StoredObject,
    Trace,
)
from shipway.ports.wire import AnswerView, Key, LogPage, NumberedEvent
from shipway.targets.remote.alarm import RemoteAlarms
from shipway.targets.remote.batch import RemoteBatches
from shipway.targets.remote.capture import RemoteCaptures
from shipway.targets.remote.client import Client, OnlyThere, quoted
from shipway.targets.remote.inspect import RemoteInspect
from shipway.targets.remote.metric import RemoteMetrics
from shipway.targets.remote.model_quality import RemoteModelQuality
from shipway.targets.remote.monitor import RemoteMonitor
from shipway.targets.remote.notice import RemoteNotices
from shipway.targets.remote.people import RemotePeople
from shipway.targets.remote.scaling import RemoteScaling
from shipway.targets.remote.trigger import RemoteTriggers

PAUSE = 0.5  # seconds between two looks at a log that is followed


class Damaged(ShipwayError):
    """What arrived is not what was sent."""

    message = "the file of release {release} was damaged on its way"
    hint = "try it again"
    exit_code = 3
    status = 502


def remote_target(url: str, token: str = "") -> "RemoteTarget":
    """Return the control plane at an address as a target. token: of its API, "" where nobody has to log in."""
    return RemoteTarget(Client(url.rstrip("/"), token))


class RemoteTarget:
    """Each method is described by the port. Who logged in counts, whatever `by` says, unless nobody has to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def people(self) -> RemotePeople:
        return RemotePeople(self._client)

    @property
    def inspect(self) -> RemoteInspect:
        return RemoteInspect(self._client)

    @property
    def captures(self) -> RemoteCaptures:
        return RemoteCaptures(self._client)

    @property
    def monitor(self) -> RemoteMonitor:
        return RemoteMonitor(self._client)

    @property
    def alarms(self) -> RemoteAlarms:
        return RemoteAlarms(self._client)

    @property
    def metrics(self) -> RemoteMetrics:
        return RemoteMetrics(self._client)

    @property
    def notices(self) -> RemoteNotices:
        return RemoteNotices(self._client)

    @property
    def quality(self) -> RemoteModelQuality:
        return RemoteModelQuality(self._client)

    @property
    def batches(self) -> RemoteBatches:
        return RemoteBatches(self._client)

    @property
    def scaling(self) -> RemoteScaling:
        return RemoteScaling(self._client)

    @property
    def triggers(self) -> RemoteTriggers:
        return RemoteTriggers(self._client)

    def doctor(self) -> Sequence[Fault]:
        return self._client.get(list[Fault], "/faults")

    def up(self) -> Health:
        health = self.health()
        if not health.running:
            raise OnlyThere(done="started", verb="up")
        return health

    def down(self) -> None:
        raise OnlyThere(done="stopped", verb="down")

    def health(self) -> Health:
        return self._client.get(Health, "/health")

    def build(self) -> Sequence[BuiltImage]:
        return self._client.send(list[BuiltImage], "POST", "/images", {})

    def start(self, cause: Cause) -> Execution:
        said = {"kind": cause.kind.value, "by": cause.by, "reason": cause.reason}
        return self._client.send(Execution, "POST", "/executions", said)

    def executions(self, limit: int = 20) -> Sequence[Execution]:
        return self._client.get(list[Execution], "/executions", limit=limit)

    def execution(self, execution: str) -> Execution:
        return self._client.get(Execution, _execution(execution))

    def stop(self, execution: str, *, by: str, reason: str) -> None:
        self._client.send(Execution, "POST", f"{_execution(execution)}/stop", {"by": by, "reason": reason})

    def retry(self, execution: str, *, by: str) -> None:
        self._client.send(Execution, "POST", f"{_execution(execution)}/retry", {"by": by})

    def approval(self, execution: str) -> Approval:
        return self._client.get(Approval, f"{_execution(execution)}/approval")

    def decide(self, execution: str, decision: Decision) -> Approval:
        return self._client.send(Approval, "POST", f"{_execution(execution)}/approval", decision)

    def deployments(self, limit: int = 20) -> Sequence[DeploymentView]:
        return self._client.get(list[DeploymentView], "/deployments", limit=limit)

    def abort(self, deployment: str, *, by: str) -> None:
        self._order(deployment, "abort", by)

    def promote(self, deployment: str, *, by: str) -> None:
        self._order(deployment, "promote", by)

    def pause(self, deployment: str, *, by: str) -> None:
        self._order(deployment, "pause", by)

    def resume(self, deployment: str, *, by: str) -> None:
        self._order(deployment, "resume", by)

    def hold(self, deployment: str, *, by: str) -> None:
        self._order(deployment, "hold", by)

    def extend(self, deployment: str, *, by: str) -> None:
        self._order(deployment, "extend", by)

    def _order(self, deployment: str, order: str, by: str) -> None:
        self._client.send(object, "POST", f"/deployments/{quoted(deployment)}/{order}", {"by": by})

    def rollback(self, to: int | None = None, *, by: str, reason: str = "") -> Execution:
        return self._client.send(Execution, "POST", "/rollbacks", {"to": to, "by": by, "reason": reason})

    def releases(self) -> Sequence[Release]:
        return self._client.get(list[Release], "/releases")

    def release(self, number: int) -> Release:
        return self._client.get(Release, f"/releases/{number}")

    def release_at(self, moment: datetime) -> Release:
        return self._client.get(list[Release], "/releases", at=moment.isoformat())[0]

    def trace(self, inference: str) -> Trace:
        return self._client.get(Trace, f"/traces/{quoted(inference)}")

    def export_release(self, number: int, file: str) -> Archive:
        target = Path(file)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
            draft = Path(folder) / target.name
            told = self._client.download(f"/releases/{number}/archive", draft)
            with draft.open("rb") as whole:
                digest = hashlib.file_digest(whole, "sha256").hexdigest()
            if digest != told["x-archive-digest"]:
                raise Damaged(release=number)
            size = draft.stat().st_size
            draft.replace(target)
        return Archive(path=str(target), release=number, digest=digest, size=size, files=int(told["x-archive-files"]))

    def import_release(self, file: str, *, by: str) -> Release:
        if not Path(file).is_file():
            raise SourceNotFound(source=file)
        return self._client.upload(Release, "POST", "/releases", Path(file), by=by)

    def audit(self) -> Sequence[Entry]:
        return self._client.get(list[Entry], "/audit")

    def jobs(self, limit: int = 50) -> Sequence[JobView]:
        return self._client.get(list[JobView], "/jobs", limit=limit)

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        return self._lines(name, self._page(name, 0), follow=follow)

    def _lines(self, name: str, page: LogPage, *, follow: bool) -> Iterator[str]:
        while True:
            yield from page.lines
            if not page.lines:
                if page.ended or not follow:
                    return
                time.sleep(PAUSE)
            page = self._page(name, page.next)

    def _page(self, name: str, after: int) -> LogPage:
        return self._client.get(LogPage, f"/logs/{quoted(name)}", after=after)

    def put(self, source: str, destination: str, *, by: str = "") -> Sequence[StoredObject]:
        path = Path(source)
        if not path.exists():
            raise SourceNotFound(source=source)
        root = destination or self.inspect.project().data
        parse_uri(root)
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        base = path if path.is_dir() else path.parent
        stored: list[StoredObject] = []
        for file in files:
            name = file.relative_to(base).as_posix()
            uri = root if path.is_file() and not root.endswith("/") else f"{root.rstrip('/')}/{name}"
            stored += self._client.upload(list[StoredObject], "PUT", "/objects", file, uri=uri, by=by or None)
        return stored

    def objects(self, prefix: str = "") -> Sequence[StoredObject]:
        return self._client.get(list[StoredObject], "/objects", prefix=prefix)

    def invoke(self, body: bytes, *, content_type: str, headers: dict[str, str] | None = None) -> Answer:
        accept = (headers or {}).get("accept")
        told = {"content_type": content_type, "accept": accept}
        return self._client.upload(AnswerView, "POST", "/invocations", body, **told).answer()

    def create_key(self, name: str, *, by: str = "") -> str:  # noqa: ARG002  who logged in counts
        return self._client.send(Key, "POST", "/keys", {"name": name}).key

    def event_log(self, execution: str, after: int = 0) -> Sequence[tuple[int, JsonObject]]:
        found = self._client.get(list[NumberedEvent], f"{_execution(execution)}/events", after=after)
        return [(each.number, each.event) for each in found]

    def document(self) -> Json:
        found: Any = self._client.get(object, "/document")
        return found  # type: ignore[no-any-return]


def _execution(name: str) -> str:
    return f"/executions/{quoted(name)}"
