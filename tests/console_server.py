"""The console over any target, on a free loopback port, in a thread of the test."""

import contextlib
import functools
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from shipway.console.app import Console
from shipway.console.doors import Access
from shipway.console.oidc import Provider
from shipway.ports.people import Doors
from shipway.ports.repository import Repository
from shipway.ports.target import Target
from waiting import until


@dataclass(frozen=True)
class Answered:
    """What one request got. headers: by lower-case name; a name that comes twice is joined by a line's end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a document."""
        return json.loads(self.body)


@dataclass
class Browser:
    """Requests to one server, with a session's cookie when there is one. headers: sent with each."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answered:
        """Return the answer. body: bytes as they are, anything else as JSON."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if not isinstance(body, bytes) and body is not None:
            sent.setdefault("content-type", "application/json")
        try:
            connection.request(method, path, raw, sent)
            got = connection.getresponse()
            return Answered(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            connection.close()


class Stage:
    """One server for many consoles, one after the other: starting a server costs more than most tests."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to whatever is on stage."""
        assert self.app is not None
        await self.app(scope, receive, send)


STAGE = Stage()
KEPT = contextlib.ExitStack()  # holds the stage's server until the process ends


@functools.cache
def stage() -> str:
    """Return the address of the stage, whose server ends with the test process."""
    return KEPT.enter_context(serving(STAGE))


@contextlib.contextmanager
def console(
    target: Target,
    doors: Doors,
    access: Access | None = None,
    provider: Provider | None = None,
    repository: Repository | None = None,
) -> Iterator[Browser]:
    """Yield a browser at the console of a target; one at a time."""
    STAGE.app = Console(target, doors, access or Access(secret=b"forms"), provider, repository)
    try:
        yield Browser(stage())
    finally:
        STAGE.app = None


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Yield the address of an application, as long as the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started, what="the server's start")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
