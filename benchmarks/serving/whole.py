"""The whole path as production has it: gateway, function with plain boto3, endpoint, each in its sandbox."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.serving.load import Running
from benchmarks.serving.model import PROJECT, Model

from shipway.targets.local.endpoint import Endpoints
from shipway.targets.local.function import Functions
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.images import Images
from shipway.targets.local.store import Store
from shipway.targets.local.supervise import Supervisor

KEY = "benchmark"
NAME = "flights"


@contextmanager
def whole_path(model: Model, folder: Path, server: str) -> Iterator[Running]:
    """Production in a home of its own, taken down afterwards. server: of the endpoint."""
    home = folder / ".shipway"
    home.mkdir(mode=0o700)
    images = Images(home)
    supervisor = Supervisor(home)
    gateway = Gateway(home, supervisor)
    supervisor.up()
    try:
        gateway.ensure()
        endpoints = Endpoints(home, supervisor, gateway, images, Store(home / "store"))
        functions = Functions(home, supervisor, gateway)
        container = images.build(NAME, PROJECT / "container", progress=_quiet)
        endpoints.create(NAME, container, model.archive, {"SHIPWAY_SERVER": server})
        function = images.build(f"{NAME}-function", PROJECT, "container/Dockerfile.function", progress=_quiet)
        functions.publish(NAME, "1", function, {"ENDPOINT_NAME": NAME})
        gateway.set_weights(NAME, {"1": 100})
        gateway.add_key(hashlib.sha256(KEY.encode()).hexdigest(), "benchmark")
        yield Running(gateway.address, {"x-api-key": KEY})
    finally:
        supervisor.down()


def _quiet(_line: str) -> None:
    """Say nothing."""
