"""How the instances of an endpoint are started, and when they are ready."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.endpoint import READY_SECONDS, WORKER_HEADER, WORKERS_HEADER, Endpoint, EndpointFailed, Readiness
from shipway.targets.local.gateway.ports import free_port
from shipway.targets.local.images.image import Image
from shipway.targets.local.probe import get
from shipway.targets.local.sandbox import Mount, Sandbox, image_sandbox, support
from shipway.targets.local.supervise import Supervisor

PORT = 8080  # where a server listens that was told nothing else
RELAY = Path(__file__).with_name("relay.py")
SOCKETS = "/run/shipway"  # where a sandbox shows the folder of the relay's socket
TOOL = "/opt/shipway/relay.py"
PINGS = 8  # at the same time, so that several workers are asked at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One server of an endpoint. at: the loopback port or the socket where it is reached from outside."""

    program: str
    sandbox: Sandbox
    at: int | Path


def programs(name: str, instances: int) -> list[str]:
    """Return the supervisor's names for the instances of an endpoint."""
    return [f"ep-{name}-{index}" for index in range(instances)]


def plan(
    endpoint: Endpoint, image: Image, model: Path, sockets: Sequence[Path], ports: Sequence[int]
) -> list[Instance]:
    """Return the instances with what each of them runs.

    sockets: where relays are to listen. ports: what the endpoint had before, kept so that nothing needs a restart.
    """
    names = programs(endpoint.name, endpoint.instances)
    if image.recipe.binds_to_port or not support().namespaces:
        free = PORT if not image.recipe.binds_to_port else 0
        taken = [ports[index] if index < len(ports) else free or free_port() for index in range(len(names))]
        return [_on_port(name, endpoint, image, model, port) for name, port in zip(names, taken, strict=True)]
    return [
        _relayed(name, endpoint, image, model, socket)
        for name, socket in zip(names, sockets[: len(names)], strict=True)
    ]


def _on_port(program: str, endpoint: Endpoint, image: Image, model: Path, port: int) -> Instance:
    environment = {**endpoint.environment, "SAGEMAKER_BIND_TO_PORT": str(port)}
    sandbox = image_sandbox(
        image,
        (*image.entrypoint, "serve"),
        mounts=[Mount(model, "/opt/ml/model")],
        environment=environment,
        network="host",
        die_with_parent=True,
    )
    return Instance(program=program, sandbox=sandbox, at=port)


def _relayed(program: str, endpoint: Endpoint, image: Image, model: Path, socket: Path) -> Instance:
    relay = (str(image.python), "-I", "-S", TOOL, f"{SOCKETS}/{socket.name}", str(PORT))
    sandbox = image_sandbox(
        image,
        (*relay, *image.entrypoint, "serve"),
        mounts=[Mount(model, "/opt/ml/model"), Mount(socket.parent, SOCKETS, read_only=False), Mount(RELAY, TOOL)],
        environment=endpoint.environment,
        network="private",
        die_with_parent=True,
    )
    return Instance(program=program, sandbox=sandbox, at=socket)


def await_ready(
    endpoint: str, instance: Instance, workers: int, supervisor: Supervisor, seconds: float = READY_SECONDS
) -> None:
    """Return when every worker of an instance answers. Raises EndpointFailed: it ended, or took more than `seconds`."""
    readiness = Readiness(workers)
    deadline = time.monotonic() + seconds
    first = 0
    with ThreadPoolExecutor(max_workers=PINGS) as pool:
        while True:
            pid = supervisor.pid(instance.program)
            first = first or pid
            for status, headers in pool.map(lambda _: get(instance.at, "/ping", {}), range(PINGS if first else 1)):
                if readiness.saw(status, headers.get(WORKER_HEADER, ""), headers.get(WORKERS_HEADER, "")):
                    return
            ended = supervisor.state(instance.program) == "failed" or (pid and pid != first)
            if ended or time.monotonic() > deadline:
                tail = supervisor.tail(instance.program)
                raise EndpointFailed(endpoint=endpoint, cause=_cause(bool(ended), tail, seconds), tail=tail)
            time.sleep(0.05)


def _cause(ended: bool, tail: str, seconds: float) -> str:
    last = next((line.strip() for line in reversed(tail.splitlines()) if line.strip()), "")
    what = "serve ended" if ended else f"no good answer to /ping in {seconds:g} s"
    return f"{what}; it said last: {last}" if last else f"{what} without a word"
