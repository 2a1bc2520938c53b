"""The object store of this machine: versions in an SQLite index over contents named by their sha256."""

import builtins
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from shipway.domain.store import multipart as rules_of_parts
from shipway.domain.store.conditions import Copying, ReadConditions
from shipway.domain.store.errors import BucketExists, CopyRefused, LifecycleNotFound, ObjectNotFound
from shipway.domain.store.lifecycle import LifecycleRule
from shipway.domain.store.listing import Page, Position, Query
from shipway.domain.store.name import check_bucket, check_key, covers, parse_uri
from shipway.domain.store.object import (
    DEFAULT_CONTENT_TYPE,
    Bucket,
    Collected,
    Deleted,
    ObjectVersion,
    Put,
    StoreEvent,
    Upload,
    Versioning,
)
from shipway.targets.local.store import buckets, listing, objects, transfer, upkeep
from shipway.targets.local.store.blobs import Blobs, Staging
from shipway.targets.local.store.index import Index, room
from shipway.targets.local.store.keeping import keeping
from shipway.targets.local.store.multipart import Multipart
from shipway.targets.local.store.rows import event_of


class Store:
    """The store in one folder; any number of threads and processes may open it at once.

    The contract is `shipway.ports.store.ObjectStore`; the methods beyond it serve the S3 API.
    """

    def __init__(self, root: Path) -> None:
        """Open the store, making it when the folder is new; sweeps what killed writers left."""
        with room(root):
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root = root
        self.index = Index(root / "index.db")
        self.blobs = Blobs(root / "blobs")
        self.multipart = Multipart(self.index, self.blobs)
        self.blobs.sweep()

    def close(self) -> None:
        """Let go of the index's connections; the store may be used again."""
        self.index.close()

    # Buckets

    def create_bucket(self, name: str, versioning: bool = True) -> Bucket:
        """Return the bucket, made now or found as it is."""
        try:
            return self.add_bucket(name, Versioning.ENABLED if versioning else Versioning.OFF)
        except BucketExists:
            return self.bucket(name)

    def add_bucket(self, name: str, versioning: Versioning = Versioning.OFF) -> Bucket:
        """Return a new bucket; raises BucketExists, BucketNameRefused."""
        check_bucket(name)
        with self.index.write() as connection:
            return buckets.create(connection, name, versioning)

    def bucket(self, name: str) -> Bucket:
        """Return a bucket; raises BucketNotFound."""
        with self.index.read() as connection:
            return buckets.get(connection, name)

    def buckets(self) -> list[Bucket]:
        """Return all buckets by name."""
        with self.index.read() as connection:
            return buckets.every(connection)

    def delete_bucket(self, name: str) -> None:
        """Remove an empty bucket; raises BucketNotFound, BucketNotEmpty."""
        with self.index.write() as connection:
            buckets.delete(connection, name)

    def set_versioning(self, name: str, versioning: Versioning) -> None:
        """Enable or suspend versioning of a bucket; raises BucketNotFound."""
        with self.index.write() as connection:
            buckets.set_versioning(connection, name, versioning)

    def lifecycle(self, name: str) -> tuple[LifecycleRule, ...]:
        """Return a bucket's rules, perhaps none; raises BucketNotFound."""
        with self.index.read() as connection:
            try:
                return buckets.lifecycle(connection, name)
            except LifecycleNotFound:
                return ()

    def set_lifecycle(self, name: str, rules: Sequence[LifecycleRule]) -> None:
        """Replace a bucket's rules; raises BucketNotFound."""
        with self.index.write() as connection:
            buckets.set_lifecycle(connection, name, rules)

    # Writing

    def put(  # noqa: PLR0913 (the contract names them)
        self,
        bucket: str,
        key: str,
        source: bytes | Path | BinaryIO,
        *,
        content_type: str = DEFAULT_CONTENT_TYPE,
        metadata: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
        if_match: str | None = None,
    ) -> ObjectVersion:
        """Store the bytes as the object's newest version and return it; see the contract."""
        put = Put(content_type=content_type, metadata=metadata or {}, if_none_match=if_none_match, if_match=if_match)
        check_key(key)
        self.bucket(bucket)
        with self.blobs.stage() as staged:
            if isinstance(source, Path):
                with source.open("rb") as file:
                    staged.fill(file)
            else:
                staged.fill(BytesIO(source) if isinstance(source, bytes) else source)
            return self.commit(bucket, key, staged, put)

    def commit(self, bucket: str, key: str, staged: Staging, put: Put) -> ObjectVersion:
        """Make staged content the object's newest version, durably and with its event, or change nothing."""
        check_key(key)
        staged.finish()
        with keeping(self.index, self.blobs, staged) as connection:
            content = objects.Content(sha256=staged.sha256, size=staged.size, etag=staged.md5, kind="ObjectCreated:Put")
            return objects.add(connection, bucket, key, content, put)

    def copy(
        self,
        source: tuple[str, str, str | None],
        target: tuple[str, str],
        own: Put | None = None,
        copying: Copying | None = None,
    ) -> tuple[ObjectVersion, ObjectVersion]:
        """Return (source, new version) after a copy that moves no bytes.

        source: bucket, key, version or None. own: what the copy says of itself where `copying` keeps nothing.
        Raises as a read and a put do, and CopyRefused.
        """
        bucket, key = target
        check_key(key)
        copying = copying or Copying()
        if copying.keep_metadata and source == (bucket, key, None):
            raise CopyRefused(bucket=bucket, key=key)
        with self.index.write() as connection:
            found = objects.readable(connection, *source)
            copying.conditions.check_copy(found)
            content = objects.Content(
                sha256=found.sha256, size=found.size, etag=found.etag, kind="ObjectCreated:Copy", parts=found.parts
            )
            return found, objects.add(connection, bucket, key, content, copying.resolve(own or Put(), found))

    def complete(
        self, upload: Upload, named: Sequence[rules_of_parts.NamedPart], given: str | None, conditions: Put
    ) -> ObjectVersion:
        """Return the object that the named parts make.

        given: the client's checksum of the whole, base64, or None. conditions: only its if_match and if_none_match.
        Raises UploadNotFound, PartInvalid, PartOrder, PartTooSmall, ChecksumMismatch, PreconditionFailed.
        """
        parts = self.multipart.choose(upload, named)
        wanted = upload.put.checksum
        whole = (wanted.algorithm,) if wanted and wanted.kind == "FULL_OBJECT" else ()
        with self.blobs.stage(whole) as staged:
            self.multipart.join(parts, staged)
            checksum = staged.checksum(wanted.algorithm) if wanted and whole else None
            if wanted and not whole:
                checksum = rules_of_parts.composite_checksum(wanted.algorithm, parts)
            rules_of_parts.check_given(checksum, given)
            put = replace(
                upload.put,
                checksum=checksum,
                if_match=conditions.if_match,
                if_none_match=conditions.if_none_match,
            )
            return self.multipart.complete(upload, parts, staged, put)

    def delete(self, bucket: str, key: str, version: str | None = None, *, if_match: str | None = None) -> Deleted:
        """Delete the object, or one version for good; see the contract."""
        with self.index.write() as connection:
            if version is None:
                return objects.delete(connection, bucket, key, if_match)
            buckets.get(connection, bucket)
            return objects.remove(connection, bucket, key, version)

    def set_tags(self, bucket: str, key: str, version: str | None, tags: dict[str, str]) -> ObjectVersion:
        """Replace a version's tags; raises ObjectNotFound, VersionNotFound, TagsRefused."""
        with self.index.write() as connection:
            found = objects.readable(connection, bucket, key, version)
            objects.set_tags(connection, found, tags)
            return found

    # Reading

    def head(self, bucket: str, key: str, version: str | None = None) -> ObjectVersion:
        """Return the newest version or a named one; see the contract."""
        with self.index.read() as connection:
            return objects.readable(connection, bucket, key, version)

    def open(
        self, bucket: str, key: str, version: str | None = None, conditions: ReadConditions | None = None
    ) -> tuple[ObjectVersion, int]:
        """Return a version and an open file descriptor of its content, which stays readable whatever is deleted.

        The caller closes it. Raises as `head`, and PreconditionFailed or NotModified.
        """
        while True:
            found = self.head(bucket, key, version)
            (conditions or ReadConditions()).check(found)
            try:
                return found, os.open(self.blobs.path(found.sha256), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                # Deleted and collected since it was looked up: the next look says so. Anything else is a lost blob.
                if self.head(bucket, key, version) == found:
                    raise

    def blob(self, bucket: str, key: str, version: str | None = None) -> Path:
        """Return the immutable file of a version's content; see the contract."""
        return self.blobs.path(self.head(bucket, key, version).sha256)

    def read(self, bucket: str, key: str, version: str | None = None) -> bytes:
        """Return a version's content; see the contract."""
        _, file = self.open(bucket, key, version)
        with os.fdopen(file, "rb") as content:
            return content.read()

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectVersion]:
        """Yield the newest versions below a prefix by key; see the contract."""
        start: Position | None = Position()
        while start is not None:
            found = self.page(bucket, start, Query(prefix=prefix))
            yield from found.items
            start = Position(key=found.items[-1].key, inclusive=False) if found.truncated else None

    def versions(self, bucket: str, prefix: str = "") -> Iterator[ObjectVersion]:
        """Yield all versions and delete markers below a prefix by key, newest first; see the contract."""
        start: Position | None = Position()
        while start is not None:
            found = self.version_page(bucket, start, Query(prefix=prefix))
            yield from found.items
            last = found.items[-1] if found.truncated else None
            start = Position(key=last.key, inclusive=False, within=last.version) if last else None

    def page(self, bucket: str, start: Position | None, query: Query) -> Page[ObjectVersion]:
        """Return one page of the newest versions; raises BucketNotFound."""
        with self.index.read() as connection:
            return listing.objects(connection, bucket, start, query)

    def version_page(self, bucket: str, start: Position | None, query: Query) -> Page[ObjectVersion]:
        """Return one page of all versions; raises BucketNotFound."""
        with self.index.read() as connection:
            return listing.versions(connection, bucket, start, query)

    def upload_page(self, bucket: str, start: Position | None, query: Query) -> Page[Upload]:
        """Return one page of the open multipart uploads; raises BucketNotFound."""
        with self.index.read() as connection:
            return listing.uploads(connection, bucket, start, query)

    def events(self, after: int = 0, limit: int = 1000) -> builtins.list[StoreEvent]:
        """Return the changes with a number above `after`, in commit order; see the contract."""
        with self.index.read() as connection:
            rows = connection.execute("SELECT * FROM event WHERE number > ? ORDER BY number LIMIT ?", (after, limit))
            return [event_of(row) for row in rows]

    # Bulk

    def download(self, uri: str, folder: Path) -> builtins.list[Path]:
        """Write an object, or all objects below a prefix, into a folder; see the contract."""
        bucket, key = parse_uri(uri)
        single = [version for version in self._exactly(bucket, key) if not key.endswith("/")]
        found = single or [version for version in self.list(bucket, key) if covers(key, version.key)]
        if not found:
            raise ObjectNotFound(bucket=bucket, key=key)
        prefix = key[: key.rfind("/") + 1] if single else key and key.rstrip("/") + "/"
        found = [version for version in found if version.key != prefix]
        written = []
        with room(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for version, path in transfer.targets(found, prefix, folder):
                if version.key.endswith("/"):  # how S3 consoles keep an empty folder
                    path.mkdir(parents=True, exist_ok=True)
                    continue
                transfer.copy_out(partial(self._open_listed, version), path)
                written.append(path)
        return written

    def upload(self, source: Path, uri: str) -> builtins.list[ObjectVersion]:
        """Store a file, or every file below a folder, under an address; see the contract."""
        bucket, key = parse_uri(uri)
        if source.is_dir():
            prefix = key and key.rstrip("/") + "/"
            files = [(prefix + name, path) for name, path in transfer.files_below(source)]
        else:
            files = [(key + source.name if not key or key.endswith("/") else key, source)]
        for name, _ in files:
            check_key(name)
        return [self.put(bucket, name, path) for name, path in files]

    # Upkeep

    def collect(self) -> Collected:
        """Remove contents that nothing refers to any more; see the contract."""
        return upkeep.collect(self.index, self.blobs)

    def expire(self, now: datetime) -> int:
        """Apply the lifecycle rules as of a moment; see the contract."""
        return upkeep.expire(self.index, now)

    def _exactly(self, bucket: str, key: str) -> builtins.list[ObjectVersion]:
        try:
            return [self.head(bucket, key)]
        except ObjectNotFound:
            return []

    def _open_listed(self, version: ObjectVersion) -> int:
        """Return an open descriptor of the very version listed, or of the newest when that one is gone by now."""
        try:
            return os.open(self.blobs.path(version.sha256), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return self.open(version.bucket, version.key)[1]
