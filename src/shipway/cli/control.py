"""The control plane as a process: the engine of one home, its S3 and service API, and its console."""

import contextlib
import logging
import secrets
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import Receive, Scope, Send

from shipway.awsapi.app import APPROVE, LABELS, api
from shipway.awsapi.approve import ApprovalPage
from shipway.awsapi.labels import LabelsPage
from shipway.awsapi.metrics import METRICS, MetricsPage
from shipway.awsapi.s3 import s3_app
from shipway.awsapi.services import Backend, describe_endpoint
from shipway.console.app import Console, wanted
from shipway.console.doors import Access
from shipway.console.oidc import Provider
from shipway.console.oidc import Settings as Oidc
from shipway.domain.values import JsonObject
from shipway.targets.local.alarm import firing
from shipway.targets.local.control import Control
from shipway.targets.local.repository import LocalRepository
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.telemetry.exposition import exposition
from shipway.targets.local.wiring import Machine


def control(project: Path) -> None:
    """Run the control plane of a project until SIGTERM."""
    serve(Machine(project.resolve()))


def console_of(machine: Machine) -> Console:
    """Return the console of a machine, as its project says who may come."""
    settings = machine.project.console
    key = machine.home.secret(machine.home.root / "keys" / "console", lambda: secrets.token_hex(32))
    provider = None
    if settings.oidc.issuer:
        oidc = settings.oidc
        secret = (machine.folder / oidc.secret_file).read_text().strip()
        provider = Provider(
            Oidc(issuer=oidc.issuer, client=oidc.client, secret=secret, claim=oidc.claim, role=oidc.role)
        )
    hosts = frozenset(host.lower() for host in settings.hosts)
    access = Access(secret=key.encode(), hosts=hosts, provider=provider is not None)
    repository = LocalRepository(machine.home, machine.folder) if settings.git else None
    return Console(LocalTarget(machine), machine.people, access, provider, repository)


def serve(machine: Machine) -> None:
    """Run the control plane over a machine's pieces until SIGTERM."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    plane = Control(machine)
    keys = machine.home.credentials

    def secret(access_key: str) -> str | None:
        return keys.secret_key if access_key == keys.access_key else None

    def describe(name: str) -> JsonObject:
        return describe_endpoint(machine.parts.endpoints.describe(name))

    backend = Backend(credentials=secret, answer_hook=machine.deployments.answer_hook, describe_endpoint=describe)
    page = ApprovalPage(machine.decisions.linked, machine.decisions.decide_by_link)
    labels = LabelsPage(machine.gateway.keys, lambda text, by: machine.quality.add(text, source="the request", by=by))
    scraped = MetricsPage(lambda: exposition(machine.telemetry, firing(machine.alarms), datetime.now(UTC)))
    pages = {APPROVE: page.answer, LABELS: labels.answer, METRICS: scraped.answer}
    aws = api(s3_app(machine.store, secret), backend, lambda: plane.healthy, pages)
    console = console_of(machine)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (console if wanted(scope) else aws)(scope, receive, send)

    port = int(machine.control.rpartition(":")[2])
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")
    )

    def end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        server.should_exit = True

    plane.start()
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, end)
    server.run()
    plane.stop()
