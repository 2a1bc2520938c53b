"""A model endpoint: its states, and what its server may and must do."""

import re
from dataclasses import dataclass, field
from typing import ClassVar

from shipway.domain.errors import ShipwayError

ENDPOINT_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")  # as SageMaker has it
READY_SECONDS = 240.0  # from the start to the first 200 of GET /ping
STOP_SECONDS = 30  # from SIGTERM to SIGKILL
WORKERS_VARIABLE = "SAGEMAKER_MODEL_SERVER_WORKERS"
WORKER_HEADER = "x-worker"  # in an answer to /ping: the worker's own id, e.g. its process id
WORKERS_HEADER = "x-workers"  # how many workers the server has
PINGS_PER_WORKER = 4  # good answers in a row per worker, when a server does not tell them apart


class EndpointNotFound(ShipwayError):
    """No endpoint of this name is deployed on this target."""

    message: ClassVar[str] = "endpoint {endpoint!r} does not exist"
    hint: ClassVar[str] = "deploy it first: shipway start"
    exit_code: ClassVar[int] = 4
    status: ClassVar[int] = 404


class EndpointExists(ShipwayError):
    """An endpoint of this name serves something else."""

    message: ClassVar[str] = "endpoint {endpoint!r} exists with another {difference}"
    hint: ClassVar[str] = "delete it first, or take another name"
    exit_code: ClassVar[int] = 5
    status: ClassVar[int] = 409


class EndpointNameInvalid(ShipwayError):
    """A name that SageMaker would refuse."""

    message: ClassVar[str] = "{endpoint!r} cannot be an endpoint's name"
    hint: ClassVar[str] = "use 1 to 63 letters, digits and single hyphens between them"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


class EndpointBusy(ShipwayError):
    """Somebody else is just making, changing or deleting it."""

    message: ClassVar[str] = "endpoint {endpoint!r} is just being changed"
    hint: ClassVar[str] = "try again in a moment"
    exit_code: ClassVar[int] = 5
    status: ClassVar[int] = 409


class EndpointFailed(ShipwayError):
    """The server did not become ready; nothing of it is left running."""

    message: ClassVar[str] = "endpoint {endpoint!r} failed to start: {cause}"
    hint: ClassVar[str] = "read its log: shipway logs {endpoint}\n{tail}"
    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 502


class ModelUnsafe(ShipwayError):
    """A model archive that would write outside its folder, or without measure."""

    message: ClassVar[str] = "model {model} is not unpacked: {problem}"
    hint: ClassVar[str] = "pack plain files and folders with relative names"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint as it is described.

    image: its name by content. model: where the archive came from; model_digest: sha256 of it. instances: servers,
    none while it sleeps.
    status: Creating, InService, Failed, Deleting or OutOfService, as SageMaker names them.
    """

    name: str
    image: str
    model: str
    model_digest: str
    status: str
    environment: dict[str, str] = field(default_factory=dict)
    instances: int = 1
    created: str = ""


def workers_of(endpoint: Endpoint, cores: int) -> int:
    """Return how many processes one instance has: what it was told, else one a core."""
    told = endpoint.environment.get(WORKERS_VARIABLE, "")
    return int(told) if told.isdecimal() and int(told) else cores


def check_endpoint_name(name: str) -> str:
    """Return the name if SageMaker would take it; raises EndpointNameInvalid."""
    if not ENDPOINT_NAME.fullmatch(name):
        raise EndpointNameInvalid(endpoint=name)
    return name


class Readiness:
    """Tells from the answers to GET /ping whether every worker of a server is up.

    A server that names its workers is ready when each of them has answered. One that does not is asked several times
    for each worker, on a new connection every time: all good in a row.
    """

    def __init__(self, workers: int) -> None:
        self._needed = workers * PINGS_PER_WORKER
        self._row = 0
        self._seen: set[str] = set()

    def saw(self, status: int, worker: str = "", workers: str = "") -> bool:
        """Take in one answer (status 0: none) and return whether the server is ready."""
        if status != 200:
            self._row = 0
            self._seen.clear()
            return False
        self._row += 1
        if worker and workers.isdecimal():
            self._seen.add(worker)
            return len(self._seen) >= int(workers)
        return self._row >= self._needed
