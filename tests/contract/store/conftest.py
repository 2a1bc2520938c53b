"""The rig: one suite, over the store itself, over boto3 against its S3 API, and over S3 that is not ours."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pytest
from botocore.exceptions import ClientError

from contract import s3_elsewhere
from s3_server import Mounts, s3_client, serving_app
from shipway.domain.store.errors import StoreError
from shipway.domain.store.object import Versioning
from shipway.targets.local.store import Store


@dataclass(frozen=True)
class Seen:
    """What both ways tell of a version."""

    key: str
    version: str
    etag: str = ""
    size: int = 0
    marker: bool = False
    latest: bool = True
    content_type: str = ""
    metadata: tuple[tuple[str, str], ...] = ()


class Way(Protocol):
    """A way to reach a store with a bucket named "data" that keeps versions."""

    store: Store

    def put(self, key: str, body: bytes | BinaryIO, **conditions: Any) -> Seen: ...
    def read(self, key: str, version: str | None = None) -> bytes: ...
    def head(self, key: str, version: str | None = None) -> Seen: ...
    def delete(self, key: str, version: str | None = None) -> tuple[str, bool]: ...
    def keys(self, prefix: str = "") -> list[str]: ...
    def versions(self, prefix: str = "") -> list[Seen]: ...
    def set_versioning(self, versioning: Versioning) -> None: ...
    def bucket(self, name: str) -> None: ...
    def delete_bucket(self, name: str) -> None: ...


class Direct:
    """The store's own methods."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.create_bucket("data")

    def put(self, key: str, body: bytes | BinaryIO, **conditions: Any) -> Seen:
        return _seen(self.store.put("data", key, body, **conditions))

    def read(self, key: str, version: str | None = None) -> bytes:
        return self.store.read("data", key, version)

    def head(self, key: str, version: str | None = None) -> Seen:
        return _seen(self.store.head("data", key, version))

    def delete(self, key: str, version: str | None = None) -> tuple[str, bool]:
        done = self.store.delete("data", key, version)
        return done.version, done.delete_marker

    def keys(self, prefix: str = "") -> list[str]:
        return [version.key for version in self.store.list("data", prefix)]

    def versions(self, prefix: str = "") -> list[Seen]:
        return [_seen(version) for version in self.store.versions("data", prefix)]

    def set_versioning(self, versioning: Versioning) -> None:
        self.store.set_versioning("data", versioning)

    def bucket(self, name: str) -> None:
        self.store.add_bucket(name)

    def delete_bucket(self, name: str) -> None:
        self.store.delete_bucket(name)


class Wire:
    """Plain boto3. called: what buckets are called there."""

    def __init__(self, store: Store | None, client: Any, called: Mapping[str, str]) -> None:
        self._store = store
        self.client = client
        self.called = called
        self.data = called.get("data", "data")
        self.bucket("data")
        self.set_versioning(Versioning.ENABLED)

    @property
    def store(self) -> Store:
        """The store behind it, for cases that look into it."""
        return self._store or pytest.skip("it looks into the store of this machine")

    def put(self, key: str, body: bytes | BinaryIO, **conditions: Any) -> Seen:
        names = {
            "if_none_match": "IfNoneMatch",
            "if_match": "IfMatch",
            "content_type": "ContentType",
            "metadata": "Metadata",
        }
        given = {names[name]: value for name, value in conditions.items()}
        answer = self.client.put_object(Bucket=self.data, Key=key, Body=body, **given)
        return Seen(key, answer.get("VersionId", "null"), answer["ETag"].strip('"'))

    def read(self, key: str, version: str | None = None) -> bytes:
        return self.client.get_object(Bucket=self.data, Key=key, **_named(version))["Body"].read()

    def head(self, key: str, version: str | None = None) -> Seen:
        answer = self.client.get_object(Bucket=self.data, Key=key, **_named(version))
        answer["Body"].read()
        head = self.client.head_object(Bucket=self.data, Key=key, **_named(version))
        assert head["ETag"] == answer["ETag"]
        return Seen(
            key,
            head.get("VersionId", "null"),
            head["ETag"].strip('"'),
            head["ContentLength"],
            content_type=head["ContentType"],
            metadata=tuple(sorted(head["Metadata"].items())),
        )

    def delete(self, key: str, version: str | None = None) -> tuple[str, bool]:
        answer = self.client.delete_object(Bucket=self.data, Key=key, **_named(version))
        return answer.get("VersionId", ""), answer.get("DeleteMarker", False)

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.data, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def versions(self, prefix: str = "") -> list[Seen]:
        pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.data, Prefix=prefix)
        found = []
        for page in pages:
            entries = [(entry, False) for entry in page.get("Versions", [])]
            entries += [(entry, True) for entry in page.get("DeleteMarkers", [])]
            found += [
                Seen(e["Key"], e["VersionId"], e.get("ETag", "").strip('"'), e.get("Size", 0), marker, e["IsLatest"])
                for e, marker in entries
            ]
        return found

    def set_versioning(self, versioning: Versioning) -> None:
        self.client.put_bucket_versioning(Bucket=self.data, VersioningConfiguration={"Status": versioning.value})

    def bucket(self, name: str) -> None:
        if self._store:
            self.client.create_bucket(Bucket=name)
        else:
            s3_elsewhere.make(self.client, self.called.get(name, name))

    def delete_bucket(self, name: str) -> None:
        self.client.delete_bucket(Bucket=self.called.get(name, name))


@pytest.fixture(scope="session")
def mounts() -> Iterator[tuple[Mounts, str]]:
    """A server for many stores, and its address."""
    mounts = Mounts()
    with serving_app(mounts) as address:
        yield mounts, address


@contextlib.contextmanager
def _direct(store: Store, _: Any) -> Iterator[Way]:
    yield Direct(store)


@contextlib.contextmanager
def _wire(store: Store, server: tuple[Mounts, str]) -> Iterator[Way]:
    mounts, address = server
    with mounts.store(store) as prefix:
        client = s3_client(address + prefix)
        yield Wire(store, client, {})
        client.close()


@contextlib.contextmanager
def _s3(_: Store, __: tuple[Mounts, str]) -> Iterator[Way]:
    client = s3_elsewhere.client()
    with s3_elsewhere.own_names(client) as called:
        yield Wire(None, client, called)
    client.close()


WAYS = {"s3": _s3} if s3_elsewhere.ELSEWHERE else {"direct": _direct, "boto3": _wire}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path, mounts: tuple[Mounts, str]) -> Iterator[Way]:
    """A new store with a bucket "data" that keeps versions, reached one way or the other."""
    store = Store(tmp_path / "store")
    with WAYS[request.param](store, mounts) as way:
        yield way
    store.close()


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    """The block must be refused with S3's code; an answer to HEAD has its status only."""
    with pytest.raises((StoreError, ClientError)) as refusal:
        yield
    error = refusal.value
    assert (error.code if isinstance(error, StoreError) else error.response["Error"]["Code"]) == code


@pytest.fixture(name="refused")
def _refused() -> Any:
    return refused


@pytest.fixture
def stream() -> Any:
    """Bytes as an open file."""
    return BytesIO


def _seen(version: Any) -> Seen:
    return Seen(
        version.key,
        version.version,
        version.etag,
        version.size,
        version.delete_marker,
        version.latest,
        version.content_type,
        tuple(sorted(version.metadata.items())),
    )


def _named(version: str | None) -> dict[str, str]:
    return {"VersionId": version} if version else {}
