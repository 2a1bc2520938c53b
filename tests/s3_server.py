"""The S3 API on a free loopback port, in a thread of the test, and boto3 clients for it."""

import contextlib
import functools
import hashlib
import itertools
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import uvicorn
from botocore.config import Config
from starlette.types import ASGIApp, Receive, Scope, Send

from shipway.awsapi.s3 import s3_app
from shipway.targets.local.store import Store
from waiting import until

ACCESS_KEY = "AKIATESTING"
SECRET = "a secret/with+signs"
md5 = functools.partial(hashlib.md5, usedforsecurity=False)


_SESSION = boto3.Session(region_name="us-east-1")


class Mounts:
    """One server for many stores, each below a prefix of its own: starting a server costs more than most tests."""

    def __init__(self) -> None:
        self._apps: dict[str, ASGIApp] = {}
        self._numbers = itertools.count()

    @contextlib.contextmanager
    def store(self, store: Store) -> Iterator[str]:
        """Yield the path that the store's S3 API has as long as the block runs."""
        prefix = f"/mount-{next(self._numbers)}"
        self._apps[prefix] = s3_app(store, {ACCESS_KEY: SECRET}.get)
        try:
            yield prefix
        finally:
            del self._apps[prefix]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as a framework's mount does, with the prefix as root path."""
        prefix = "/" + scope["path"].split("/")[1]
        await self._apps[prefix]({**scope, "root_path": prefix}, receive, send)


_CHILD = """
import socket, sys, uvicorn
from pathlib import Path
from shipway.awsapi.s3 import s3_app
from shipway.targets.local.store import Store
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
app = s3_app(Store(Path(sys.argv[1])), {sys.argv[3]: sys.argv[4]}.get)
config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", ssl_certfile=sys.argv[2])
uvicorn.Server(config).run(sockets=[listener])
"""


@contextlib.contextmanager
def serving_https(root: Path, certificate: Path) -> Iterator[str]:
    """Yield the https address of a store's S3 API, served by a process of its own.

    certificate: a PEM file with key and certificate. Not in a thread: a loop that ends while it waits for the end of a
    TLS connection, which boto3 doesn't announce, hangs (uvloop) or warns.
    """
    arguments = [sys.executable, "-c", _CHILD, str(root), str(certificate), ACCESS_KEY, SECRET]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
        try:
            port = child.stdout.readline().strip() if child.stdout else ""
            until(lambda: _listening(int(port)), what="the https server")
            yield f"https://127.0.0.1:{port}"
        finally:
            child.kill()


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def serving_app(app: ASGIApp) -> Iterator[str]:
    """Yield the address of an application on a real server."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_level="critical",
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until(lambda: server.started, what="the S3 server")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def s3_client(address: str, secret: str = SECRET, access_key: str = ACCESS_KEY, **settings: Any) -> Any:
    """Return a boto3 client as a user makes it, but that it never retries."""
    config = Config(retries={"max_attempts": 0}, **settings.pop("config", {}))
    return _SESSION.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        config=config,
        **settings,
    )
