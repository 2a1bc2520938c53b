"""The control plane as a process: the engine of one home, and its S3 and service API."""

import contextlib
import logging
import signal
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from shipway.awsapi.app import api
from shipway.awsapi.approve import ApprovalPage
from shipway.awsapi.s3 import s3_app
from shipway.awsapi.services import Backend, describe_endpoint
from shipway.domain.values import JsonObject
from shipway.targets.local.control import Control
from shipway.targets.local.wiring import Machine


def control(project: Path) -> None:
    """Run the control plane of a project until SIGTERM."""
    serve(Machine(project.resolve()))


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
    app = api(s3_app(machine.store, secret), backend, lambda: plane.healthy, page)
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
