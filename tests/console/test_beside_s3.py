"""One address for S3 clients and browsers: neither gets what is the other's."""

from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from console_server import Browser, serving
from fakes import FakeTarget
from s3_server import ACCESS_KEY, SECRET, s3_client
from shipway.awsapi.s3 import s3_app
from shipway.console.app import Console, wanted
from shipway.console.doors import Access
from shipway.targets.local.store import Store


def scope(path: str, query: bytes = b"", **headers: str) -> Scope:
    """Return what a server tells of a request."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "path": path, "query_string": query, "headers": named}


@pytest.mark.parametrize(
    ("asked", "consoles"),
    [
        (scope("/"), True),
        (scope("/console"), True),
        (scope("/console/releases"), True),
        (scope("/api/v1/health"), True),
        (scope("/api/v1/health", authorization="Bearer swt_x"), True),
        (scope("/git/info/refs", authorization="Basic eDp5"), True),
        (scope("/git/info/refs", authorization="AWS key:signature"), False),
        (scope("/github/object"), False),
        (scope("/consoles/object"), False),
        (scope("/api/v2"), False),
        (scope("/tiny-data/rows.csv"), False),
        (scope("/-/health"), False),
        (scope("/", authorization="AWS4-HMAC-SHA256 Credential=..."), False),
        (scope("/console/object", authorization="AWS key:signature"), False),
        (scope("/api/v1/object", b"X-Amz-Signature=abc"), False),
        (scope("/api/v1/object", b"AWSAccessKeyId=abc"), False),
        (scope("/", x_amz_target="CodeDeploy_20141006.PutLifecycle"), False),
    ],
)
def test_a_signed_request_is_for_s3_and_a_plain_one_for_the_console(asked: Scope, consoles: bool) -> None:
    assert wanted(asked) is consoles


def test_buckets_may_be_called_as_the_consoles_addresses_are(fake: FakeTarget, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    s3 = s3_app(store, {ACCESS_KEY: SECRET}.get)
    console = Console(fake, fake.people, Access(secret=b"x"))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (console if wanted(scope) else s3)(scope, receive, send)

    with serving(app) as url:
        for bucket, key in (("console", "releases"), ("api", "v1/health")):
            s3_client(url).create_bucket(Bucket=bucket)
            s3_client(url).put_object(Bucket=bucket, Key=key, Body=b"kept")
            assert s3_client(url).get_object(Bucket=bucket, Key=key)["Body"].read() == b"kept"
        assert b"<h1>Releases" in Browser(url).ask("GET", "/console/releases").body
        assert Browser(url).ask("GET", "/api/v1/health").json["running"] is False
        assert Browser(url).ask("GET", "/api/other").status == 403  # S3's answer to what is not signed
    store.close()
