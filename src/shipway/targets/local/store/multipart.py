"""Multipart uploads: parts are blobs of their own until they are put together as one."""

import secrets
import sqlite3
import time
from collections.abc import Sequence

from shipway.domain.store.errors import PartInvalid, UploadNotFound
from shipway.domain.store.multipart import NamedPart, assemble, combined_etag
from shipway.domain.store.object import Checksum, ObjectVersion, Part, Put, Upload
from shipway.targets.local.store import buckets, objects
from shipway.targets.local.store.blobs import Blobs, Staging
from shipway.targets.local.store.index import Index
from shipway.targets.local.store.keeping import keeping
from shipway.targets.local.store.rows import about, part_of, upload_of, version_of


class Multipart:
    """The open uploads of one store."""

    def __init__(self, index: Index, blobs: Blobs) -> None:
        self._index = index
        self._blobs = blobs

    def create(self, bucket: str, key: str, put: Put) -> str:
        """Open an upload and return its id; raises BucketNotFound and what a put of `put` would raise."""
        objects.check_put(put)
        upload = secrets.token_urlsafe(24)
        with self._index.write() as connection:
            buckets.get(connection, bucket)
            connection.execute(
                "INSERT INTO upload VALUES (?, ?, ?, ?, ?, ?)",
                (upload, bucket, key, time.time(), put.content_type, about(put)),
            )
        return upload

    def get(self, bucket: str, key: str, upload: str) -> Upload:
        """Return an open upload; raises UploadNotFound, BucketNotFound."""
        with self._index.read() as connection:
            return _find(connection, bucket, key, upload)

    def put_part(self, upload: Upload, number: int, staged: Staging, checksum: Checksum | None) -> Part:
        """Keep a part, in place of an earlier one with its number; raises UploadNotFound."""
        staged.finish()
        with keeping(self._index, self._blobs, staged) as connection:
            _find(connection, upload.bucket, upload.key, upload.id)
            algorithm, value = (checksum.algorithm, checksum.value) if checksum else ("", "")
            row = connection.execute(
                "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (upload.id, number, staged.sha256, staged.size, staged.md5, time.time(), algorithm, value),
            ).fetchone()
            return part_of(row)

    def parts(self, upload: Upload, after: int = 0, limit: int = 10000) -> list[Part]:
        """Return the parts with a number above `after`, in order."""
        with self._index.read() as connection:
            return _parts(connection, upload.id, after, limit)

    def completed(self, bucket: str, key: str, upload: str) -> ObjectVersion | None:
        """Return what an upload became: a client that never saw the answer asks again."""
        with self._index.read() as connection:
            row = connection.execute(
                "SELECT * FROM version WHERE upload = ? AND bucket = ? AND key = ?", (upload, bucket, key)
            ).fetchone()
        return version_of(row) if row else None

    def choose(self, upload: Upload, named: Sequence[NamedPart]) -> tuple[Part, ...]:
        """Return the stored parts that the client names; raises PartInvalid, PartOrder, PartTooSmall."""
        return assemble(named, {part.number: part for part in self.parts(upload)})

    def join(self, parts: Sequence[Part], staged: Staging) -> None:
        """Write the parts' contents one behind the other; raises PartInvalid when one was replaced meanwhile."""
        for part in parts:
            try:
                with self._blobs.path(part.sha256).open("rb") as source:
                    staged.fill(source)
            except FileNotFoundError:
                raise PartInvalid(number=part.number, etag=part.etag) from None
        staged.finish()

    def complete(self, upload: Upload, parts: Sequence[Part], staged: Staging, put: Put) -> ObjectVersion:
        """Make the joined parts the object's newest version and close the upload, in one transaction.

        Raises UploadNotFound, PartInvalid when a part was replaced since `choose`, and as a put does.
        """
        with keeping(self._index, self._blobs, staged) as connection:
            _find(connection, upload.bucket, upload.key, upload.id)
            now = {part.number: part for part in _parts(connection, upload.id)}
            for part in parts:
                if now.get(part.number) != part:
                    raise PartInvalid(number=part.number, etag=part.etag)
            content = objects.Content(
                sha256=staged.sha256,
                size=staged.size,
                etag=combined_etag(parts),
                kind="ObjectCreated:CompleteMultipartUpload",
                parts=tuple(part.size for part in parts),
                upload=upload.id,
            )
            added = objects.add(connection, upload.bucket, upload.key, content, put)
            connection.execute("DELETE FROM upload WHERE id = ?", (upload.id,))
            return added

    def abort(self, bucket: str, key: str, upload: str) -> None:
        """Close an upload and forget its parts; raises UploadNotFound."""
        with self._index.write() as connection:
            _find(connection, bucket, key, upload)
            connection.execute("DELETE FROM upload WHERE id = ?", (upload,))


def _find(connection: sqlite3.Connection, bucket: str, key: str, upload: str) -> Upload:
    buckets.get(connection, bucket)
    row = connection.execute(
        "SELECT * FROM upload WHERE id = ? AND bucket = ? AND key = ?", (upload, bucket, key)
    ).fetchone()
    if row is None:
        raise UploadNotFound(bucket=bucket, key=key, upload=upload)
    return upload_of(row)


def _parts(connection: sqlite3.Connection, upload: str, after: int = 0, limit: int = 10000) -> list[Part]:
    rows = connection.execute(
        "SELECT * FROM part WHERE upload = ? AND number > ? ORDER BY number LIMIT ?", (upload, after, limit)
    )
    return [part_of(row) for row in rows]
