"""Object versions in the index. Every function that changes something runs inside the caller's write transaction."""

import secrets
import sqlite3
import time
from dataclasses import dataclass

from shipway.domain.store.conditions import check_write
from shipway.domain.store.errors import IsDeleteMarker, MetadataTooLarge, ObjectNotFound, TagsRefused, VersionNotFound
from shipway.domain.store.object import METADATA_LIMIT, NULL_VERSION, Deleted, ObjectVersion, Put, Versioning
from shipway.targets.local.store import buckets
from shipway.targets.local.store.rows import about, version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a new version consists of. kind: the event's name. upload: the multipart upload it came from."""

    sha256: str
    size: int
    etag: str
    kind: str
    parts: tuple[int, ...] = ()
    upload: str | None = None


REQUESTED = ("ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated")
EXPIRED = ("LifecycleExpiration:Delete", "LifecycleExpiration:DeleteMarkerCreated")


def newest(connection: sqlite3.Connection, bucket: str, key: str) -> ObjectVersion | None:
    """Return the newest version, which may be a delete marker; None when there is none."""
    row = connection.execute(
        "SELECT * FROM version WHERE bucket = ? AND key = ? AND latest = 1", (bucket, key)
    ).fetchone()
    return version_of(row) if row else None


def find(connection: sqlite3.Connection, bucket: str, key: str, version: str | None = None) -> ObjectVersion:
    """Return one version, or the newest, delete markers included.

    Raises BucketNotFound, ObjectNotFound when there is no version at all, VersionNotFound.
    """
    buckets.get(connection, bucket)
    if version is None:
        found = newest(connection, bucket, key)
        if found is None:
            raise ObjectNotFound(bucket=bucket, key=key)
        return found
    row = connection.execute(
        "SELECT * FROM version WHERE bucket = ? AND key = ? AND version = ?", (bucket, key, version)
    ).fetchone()
    if row is None:
        raise VersionNotFound(bucket=bucket, key=key, version=version)
    return version_of(row)


def readable(connection: sqlite3.Connection, bucket: str, key: str, version: str | None = None) -> ObjectVersion:
    """Return a version that has content: as `find`, but raises ObjectNotFound or IsDeleteMarker on a marker."""
    found = find(connection, bucket, key, version)
    if found.delete_marker and version is None:
        raise ObjectNotFound(bucket=bucket, key=key, marker=found.version)
    if found.delete_marker:
        raise IsDeleteMarker(bucket=bucket, key=key, version=version)
    return found


def add(connection: sqlite3.Connection, bucket: str, key: str, content: Content, put: Put) -> ObjectVersion:
    """Make the content the newest version and record the event; raises as `check_write`, and BucketNotFound."""
    versioning = buckets.get(connection, bucket).versioning
    check_write(bucket, key, newest(connection, bucket, key), (put.if_match, put.if_none_match))
    check_put(put)
    return _insert(connection, (bucket, key), _new_id(versioning), content, put)


def delete(
    connection: sqlite3.Connection,
    bucket: str,
    key: str,
    if_match: str | None = None,
    kinds: tuple[str, str] = REQUESTED,
) -> Deleted:
    """Delete as the bucket's versioning has it: write a marker, or remove the only version there is.

    kinds: the event's name in either case. Raises BucketNotFound, PreconditionFailed.
    """
    versioning = buckets.get(connection, bucket).versioning
    check_write(bucket, key, newest(connection, bucket, key), (if_match, None))
    removing, marking = kinds
    if versioning is Versioning.OFF:
        return remove(connection, bucket, key, NULL_VERSION, removing)
    content = Content(sha256="", size=0, etag="", kind=marking)
    marker = _insert(connection, (bucket, key), _new_id(versioning), content, Put(content_type=""))
    return Deleted(version=marker.version, delete_marker=True)


def remove(connection: sqlite3.Connection, bucket: str, key: str, version: str, kind: str = REQUESTED[0]) -> Deleted:
    """Remove one version for good; the next older one becomes the newest. Nothing to remove is no error."""
    row = connection.execute(
        "DELETE FROM version WHERE bucket = ? AND key = ? AND version = ? RETURNING *", (bucket, key, version)
    ).fetchone()
    if row is None:
        return Deleted()
    removed = version_of(row)
    if removed.latest:
        connection.execute(
            "UPDATE version SET latest = 1 WHERE sequence ="
            " (SELECT max(sequence) FROM version WHERE bucket = ? AND key = ?)",
            (bucket, key),
        )
    record(connection, kind, removed)
    return Deleted(version=removed.version, delete_marker=removed.delete_marker)


def set_tags(connection: sqlite3.Connection, found: ObjectVersion, tags: dict[str, str]) -> None:
    """Replace the tags of a version."""
    put = Put(metadata=found.metadata, headers=found.headers, tags=tags, checksum=found.checksum)
    check_put(put)
    connection.execute("UPDATE version SET about = ? WHERE sequence = ?", (about(put, found.parts), found.sequence))


def check_put(put: Put) -> None:
    """Raise MetadataTooLarge or TagsRefused for what S3 would not keep."""
    size = sum(len(name.encode()) + len(value.encode()) for name, value in put.metadata.items())
    if size > METADATA_LIMIT:
        raise MetadataTooLarge(size=size, limit=METADATA_LIMIT)
    if len(put.tags) > 10:
        raise TagsRefused(reason=f"{len(put.tags)} are too many")
    for name, value in put.tags.items():
        if not 1 <= len(name) <= 128 or len(value) > 256:
            raise TagsRefused(reason=f"{name!r} or its value has a length that is not allowed")


def record(connection: sqlite3.Connection, kind: str, version: ObjectVersion) -> None:
    """Write the event of a change into the change's own transaction."""
    connection.execute(
        "INSERT INTO event (kind, bucket, key, version, size, etag, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, version.bucket, version.key, version.version, version.size, version.etag, time.time()),
    )


def _new_id(versioning: Versioning) -> str:
    return secrets.token_urlsafe(24) if versioning is Versioning.ENABLED else NULL_VERSION


def _insert(
    connection: sqlite3.Connection, name: tuple[str, str], version: str, content: Content, put: Put
) -> ObjectVersion:
    """Insert a version in front of the others; a null version takes the place of the null version before it."""
    if version == NULL_VERSION:
        connection.execute("DELETE FROM version WHERE bucket = ? AND key = ? AND version = ?", (*name, version))
    connection.execute("UPDATE version SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1", name)
    row = connection.execute(
        "INSERT INTO version (bucket, key, version, latest, delete_marker, sha256, size, etag, modified, content_type,"
        " about, upload) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            *name,
            version,
            not content.sha256,
            content.sha256,
            content.size,
            content.etag,
            time.time(),
            put.content_type,
            about(put, content.parts),
            content.upload,
        ),
    ).fetchone()
    added = version_of(row)
    record(connection, content.kind, added)
    return added
