"""Endpoints of one machine, by name: made, found, described, deleted."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from shipway.domain.endpoint import (
    READY_SECONDS,
    STOP_SECONDS,
    WORKERS_VARIABLE,
    Endpoint,
    EndpointBusy,
    EndpointExists,
    EndpointNotFound,
    ModelUnsafe,
    check_endpoint_name,
    workers_of,
)
from shipway.targets.local.endpoint import starting
from shipway.targets.local.endpoint.unpack import unpack
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.gateway.state import INSTANCES
from shipway.targets.local.hosted import hosted
from shipway.targets.local.images.image import Image
from shipway.targets.local.supervise import Supervisor
from shipway.targets.local.supervise.files import replace_text


class Images(Protocol):
    """Where images are found again by their names."""

    def get(self, uri: str) -> Image:
        """Return a built image."""


class Store(Protocol):
    """Where models come from."""

    def download(self, uri: str, folder: Path) -> Sequence[Path]:
        """Write an object into a folder."""


class Endpoints:
    """Keeps model servers running behind the gateway's runtime API."""

    def __init__(self, home: Path, supervisor: Supervisor, gateway: Gateway, images: Images, store: Store) -> None:
        self._home = home
        self._supervisor = supervisor
        self._gateway = gateway
        self._images = images
        self._store = store

    def create(  # noqa: PLR0913  what an endpoint is
        self,
        name: str,
        image: Image,
        model: Path | str,
        environment: Mapping[str, str] | None = None,
        *,
        workers: int | None = None,
        instances: int = 1,
        captured: int | None = None,
        ready_seconds: float = READY_SECONDS,
    ) -> Endpoint:
        """Start an endpoint; returns when every worker of every instance answers. Safe to repeat.

        model: a model.tar.gz, or its s3 name. workers: processes of one instance, the image's own choice without it.
        instances: servers side by side, 1..8, at least: one that has more keeps them. One may die without a failed
        request when there are two. captured: percent of its requests that are recorded; None leaves that as it is, 0
        for a new one. ready_seconds: how long it may take until all of it answers.
        Raises EndpointNameInvalid, EndpointExists, ModelUnsafe, EndpointFailed (nothing is left running).
        """
        check_endpoint_name(name)
        variables = dict(environment or {}) | ({WORKERS_VARIABLE: str(workers)} if workers else {})
        asked = Endpoint(
            name=name,
            image=image.uri,
            model=str(model),
            model_digest="",
            status="Creating",
            environment=variables,
            instances=instances,
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
        with self._alone(name):
            known = self._known(name)
            asked = self._unpack(asked, model) if known is None else self._same(asked, known)
            try:
                self._start(asked, image, ready_seconds=ready_seconds, captured=captured)
            except BaseException:
                if known is None or known.status != "InService":
                    self._delete(name)
                else:
                    self._stop(name, known.instances)
                raise
            return self._record(replace(asked, status="InService"))

    def resize(self, name: str, instances: int, *, ready_seconds: float = READY_SECONDS) -> Endpoint:
        """Give an endpoint more servers, fewer, or none; no request is dropped. Safe to repeat.

        More: returns when every worker of the new ones answers and they have joined. Fewer: those that go get no new
        request, finish what they have, and are stopped. None: the gateway holds requests until there is one again.
        Raises EndpointNotFound, EndpointBusy, EndpointFailed (it then goes on as it was).
        """
        with self._alone(name, wait=False):
            known = self._known(name)
            if known is None or known.status != "InService":
                raise EndpointNotFound(endpoint=name)
            wanted = replace(known, instances=instances)
            if instances > known.instances:
                try:
                    self._start(wanted, self._images.get(known.image), known.instances, ready_seconds=ready_seconds)
                except BaseException:
                    self._stop(name, known.instances)
                    raise
            else:
                self._gateway.shrink_endpoint(name, instances)
            self._record(wanted)
            self._stop(name, instances)
            return wanted

    def delete(self, name: str) -> None:
        """Let an endpoint finish its requests, then stop it: SIGTERM, 30 s, SIGKILL. Safe to repeat."""
        with self._alone(name):
            self._delete(name)

    def _delete(self, name: str) -> None:
        self._gateway.remove_endpoint(name)
        self._stop(name, 0)
        shutil.rmtree(self._folder(name), ignore_errors=True)

    def _stop(self, name: str, keep: int) -> None:
        """Stop every server behind the first `keep`; they get no request any more."""
        kept = starting.programs(name, keep)
        for program in self._programs(name):
            if program not in kept:
                self._supervisor.remove(program)

    def describe(self, name: str) -> Endpoint:
        """Return an endpoint with its status as it is now. Raises EndpointNotFound."""
        found = self._known(name)
        if found is None:
            raise EndpointNotFound(endpoint=name)
        if found.status == "InService":
            states = self._supervisor.states() if self._supervisor.running() else {}
            # One that was ready is "starting" in the supervisor's eyes for its first second.
            up = [
                states.get(program) in ("running", "starting") for program in starting.programs(name, found.instances)
            ]
            return replace(found, status="InService" if any(up) or not up else "OutOfService")
        return found

    def list(self) -> Sequence[Endpoint]:
        """Return every endpoint, by name."""
        return [self.describe(endpoint.name) for endpoint in self.records()]

    def records(self) -> Sequence[Endpoint]:
        """Return every endpoint as it is on record, by name; whether it runs is not looked at."""
        names = sorted(path.parent.name for path in (self._home / "endpoints").glob("*/endpoint.json"))
        return [found for found in map(self._known, names) if found is not None]

    def size(self, name: str) -> int:
        """Return how many servers an endpoint has on record; 0 when there is none of this name."""
        found = self._known(name)
        return found.instances if found else 0

    def restore(self) -> None:
        """Start endpoints again that are on record and that the supervisor does not know."""
        for endpoint in self.list():
            if not self._programs(endpoint.name):
                self._start(endpoint, self._images.get(endpoint.image))

    def settle(self, name: str) -> None:
        """End a change of size that a dead process has left half done: what is on record holds. Raises EndpointBusy."""
        with self._alone(name, wait=False):
            known = self._known(name)
            if known is None or known.status != "InService":
                return
            if self._gateway.endpoint_size(name) < known.instances:
                self._start(known, self._images.get(known.image))
            elif self._gateway.endpoint_size(name) > known.instances:
                self._gateway.shrink_endpoint(name, known.instances)
            self._stop(name, known.instances)

    def _same(self, asked: Endpoint, known: Endpoint) -> Endpoint:
        """Return what is on record if it is what is asked for; raises EndpointExists."""
        for what in ("image", "model", "environment"):
            if getattr(asked, what) != getattr(known, what):
                raise EndpointExists(endpoint=asked.name, difference=what)
        return replace(known, instances=max(known.instances, asked.instances))

    def _unpack(self, asked: Endpoint, model: Path | str) -> Endpoint:
        """Lay out the model's files, then write the record: a crash in between starts afresh."""
        folder = self._folder(asked.name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                archive = model if isinstance(model, Path) else self._store.download(model, Path(scratch))[0]
                with archive.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                unpack(archive, folder / "model")
        except (ModelUnsafe, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return self._record(replace(asked, model_digest=digest))

    def _start(
        self,
        endpoint: Endpoint,
        image: Image,
        first: int = 0,
        *,
        ready_seconds: float = READY_SECONDS,
        captured: int | None = None,
    ) -> None:
        """Start what does not run yet, wait until all answers, let the gateway know. first: those before it serve."""
        workers = workers_of(endpoint, os.cpu_count() or 1)
        sockets = self._gateway.reserve_endpoint(endpoint.name)
        ports = self._gateway.endpoint_ports(endpoint.name)
        instances = starting.plan(endpoint, image, self._folder(endpoint.name) / "model", sockets, ports)
        for instance in instances[first:]:
            self._supervisor.ensure(hosted(instance.program, instance.sandbox, stop_seconds=STOP_SECONDS))
        for instance in instances[first:]:
            starting.await_ready(endpoint.name, instance, workers, self._supervisor, ready_seconds)
        found = [instance.at for instance in instances]
        self._gateway.add_endpoint(
            endpoint.name,
            ports=[at for at in found if isinstance(at, int)],
            sockets=sum(isinstance(at, Path) for at in found),
            captured=captured,
        )

    def _programs(self, name: str) -> Sequence[str]:
        """Return which of the instances an endpoint can have the supervisor knows."""
        states = self._supervisor.states()
        return [program for program in starting.programs(name, INSTANCES) if program in states]

    @contextmanager
    def _alone(self, name: str, *, wait: bool = True) -> Iterator[None]:
        """Be the only one who changes this endpoint for the block. Raises EndpointBusy when it shall not wait."""
        folder = self._home / "run" / "endpoints"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise EndpointBusy(endpoint=name) from None
            yield

    def _folder(self, name: str) -> Path:
        return self._home / "endpoints" / name

    def _known(self, name: str) -> Endpoint | None:
        try:
            return Endpoint(**json.loads((self._folder(name) / "endpoint.json").read_bytes()))
        except FileNotFoundError:
            return None

    def _record(self, endpoint: Endpoint) -> Endpoint:
        replace_text(self._folder(endpoint.name) / "endpoint.json", json.dumps(asdict(endpoint)))
        return endpoint
