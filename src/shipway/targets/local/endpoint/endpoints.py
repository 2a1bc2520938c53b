"""Endpoints of one machine, by name: made, found, described, deleted."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from shipway.domain.endpoint import (
    READY_SECONDS,
    STOP_SECONDS,
    Endpoint,
    EndpointExists,
    EndpointNotFound,
    ModelUnsafe,
    check_endpoint_name,
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
        instances: servers side by side, 1..4; one may die without a failed request when there are two.
        captured: percent of its requests that are recorded; None leaves that as it is, 0 for a new one.
        ready_seconds: how long it may take until all of it answers.
        Raises EndpointNameInvalid, EndpointExists, ModelUnsafe, EndpointFailed (nothing is left running).
        """
        check_endpoint_name(name)
        variables = dict(environment or {}) | ({"SAGEMAKER_MODEL_SERVER_WORKERS": str(workers)} if workers else {})
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
        known = self._known(name)
        asked = self._unpack(asked, model) if known is None else self._same(asked, known)
        try:
            self._start(asked, image, workers or os.cpu_count() or 1, ready_seconds, captured)
        except BaseException:
            if known is None or known.status != "InService":
                self.delete(name)
            raise
        return self._record(replace(asked, status="InService"))

    def delete(self, name: str) -> None:
        """Let an endpoint finish its requests, then stop it: SIGTERM, 30 s, SIGKILL. Safe to repeat."""
        self._gateway.remove_endpoint(name)
        for program in self._programs(name):
            self._supervisor.remove(program)
        shutil.rmtree(self._folder(name), ignore_errors=True)

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
            return replace(found, status="InService" if any(up) else "OutOfService")
        return found

    def list(self) -> Sequence[Endpoint]:
        """Return every endpoint, by name."""
        names = sorted(path.parent.name for path in (self._home / "endpoints").glob("*/endpoint.json"))
        return [self.describe(name) for name in names]

    def restore(self) -> None:
        """Start endpoints again that are on record and that the supervisor does not know."""
        for endpoint in self.list():
            if not self._programs(endpoint.name):
                self._start(endpoint, self._images.get(endpoint.image), os.cpu_count() or 1)

    def _same(self, asked: Endpoint, known: Endpoint) -> Endpoint:
        """Return what is on record if it is what is asked for; raises EndpointExists."""
        for what in ("image", "model", "environment", "instances"):
            if getattr(asked, what) != getattr(known, what):
                raise EndpointExists(endpoint=asked.name, difference=what)
        return known

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
        workers: int,
        ready_seconds: float = READY_SECONDS,
        captured: int | None = None,
    ) -> None:
        """Start what does not run yet, wait until all answers, let the gateway know."""
        sockets = self._gateway.reserve_endpoint(endpoint.name)
        ports = self._gateway.endpoint_ports(endpoint.name)
        instances = starting.plan(endpoint, image, self._folder(endpoint.name) / "model", sockets, ports)
        for instance in instances:
            self._supervisor.ensure(hosted(instance.program, instance.sandbox, stop_seconds=STOP_SECONDS))
        for instance in instances:
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
