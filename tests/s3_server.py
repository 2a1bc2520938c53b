"""The S3 API on a free loopback port, in a thread of the test, and boto3 clients for it."""

import contextlib
import itertools
import socket
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


@contextlib.contextmanager
def serving(store: Store, certificate: Path | None = None) -> Iterator[str]:
    """Yield the address of the store's S3 API alone. certificate: a PEM file with key and certificate, for https."""
    with serving_app(s3_app(store, {ACCESS_KEY: SECRET}.get), certificate) as address:
        yield address


@contextlib.contextmanager
def serving_app(app: ASGIApp, certificate: Path | None = None) -> Iterator[str]:
    """Yield the address of an application on a real server."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_level="critical",
        lifespan="off",
        ws="none",
        ssl_certfile=str(certificate) if certificate else None,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until(lambda: server.started, what="the S3 server")
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
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
