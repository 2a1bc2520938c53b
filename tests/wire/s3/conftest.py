"""A store with a bucket "data", its S3 API on a real server, boto3 beside raw requests."""

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from s3_server import ACCESS_KEY, SECRET, Mounts, s3_client, serving_app
from shipway.targets.local.store import Store


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def code(self) -> str:
        return self.body.partition("<Code>")[2].partition("</Code>")[0]


@pytest.fixture(scope="session")
def mounts() -> Iterator[tuple[Mounts, str]]:
    """A server for many stores, and its address."""
    mounts = Mounts()
    with serving_app(mounts) as address:
        yield mounts, address


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store with a bucket "data" that keeps no versions."""
    store = Store(tmp_path / "store")
    store.create_bucket("data", versioning=False)
    yield store
    store.close()


@pytest.fixture
def address(store: Store, mounts: tuple[Mounts, str]) -> Iterator[str]:
    """Where the store's S3 API is."""
    with mounts[0].store(store) as prefix:
        yield mounts[1] + prefix


@pytest.fixture
def s3(address: str) -> Iterator[Any]:
    """Plain boto3."""
    client = s3_client(address)
    yield client
    client.close()


@pytest.fixture
def code() -> Callable[..., str]:
    """The S3 error code that a boto3 call is refused with."""

    def code_of(call: Callable[..., Any], **arguments: Any) -> str:
        try:
            answer = call(**arguments)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        raise AssertionError(f"not refused: {answer}")

    return code_of


@pytest.fixture
def raw(address: str) -> Callable[..., Answer]:
    """A request made by hand, signed by botocore's signer unless told otherwise."""

    def send(
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        signed: bool = True,
        tamper: dict[str, str] | None = None,
    ) -> Answer:
        request = AWSRequest(method, address + quote(path, safe="/?=&%"), data=body, headers=headers or {})
        if signed:
            request.context["signing"] = {"disableDoubleEncoding": True}
            request.context["client_config"] = None
            S3SigV4Auth(Credentials(ACCESS_KEY, SECRET), "s3", "us-east-1").add_auth(request)
        return exchange(request.url, method, body, {**dict(request.headers), **(tamper or {})})

    return send


def exchange(url: str, method: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send one request as it stands and return the answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body or None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)
    finally:
        connection.close()


@pytest.fixture(name="exchange")
def _exchange() -> Callable[..., Answer]:
    return exchange
