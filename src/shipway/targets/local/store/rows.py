"""Rows of the index as values, and back."""

import json
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime

from shipway.domain.store.object import Bucket, Checksum, ObjectVersion, Part, Put, StoreEvent, Upload, Versioning


def moment(seconds: float) -> datetime:
    """Return seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def about(put: Put, parts: tuple[int, ...] = ()) -> str:
    """Return what a writer said, as the JSON that the index keeps."""
    checksum = asdict(put.checksum) if put.checksum else None
    kept = {"metadata": put.metadata, "headers": put.headers, "tags": put.tags, "checksum": checksum, "parts": parts}
    return json.dumps({name: value for name, value in kept.items() if value})


def put_of(row: sqlite3.Row) -> Put:
    """Return what a writer said, from a row with content_type and about."""
    kept = json.loads(row["about"])
    return Put(
        content_type=row["content_type"],
        metadata=kept.get("metadata", {}),
        headers=kept.get("headers", {}),
        tags=kept.get("tags", {}),
        checksum=Checksum(**kept["checksum"]) if "checksum" in kept else None,
    )


def version_of(row: sqlite3.Row) -> ObjectVersion:
    """Return a row of the version table as a value."""
    put = put_of(row)
    return ObjectVersion(
        bucket=row["bucket"],
        key=row["key"],
        version=row["version"],
        etag=row["etag"],
        size=row["size"],
        sha256=row["sha256"],
        modified=moment(row["modified"]),
        content_type=put.content_type,
        metadata=put.metadata,
        headers=put.headers,
        tags=put.tags,
        checksum=put.checksum,
        parts=tuple(json.loads(row["about"]).get("parts", ())),
        latest=bool(row["latest"]),
        delete_marker=bool(row["delete_marker"]),
        sequence=row["sequence"],
    )


def bucket_of(row: sqlite3.Row) -> Bucket:
    """Return a row of the bucket table as a value."""
    return Bucket(name=row["name"], created=moment(row["created"]), versioning=Versioning(row["versioning"]))


def upload_of(row: sqlite3.Row) -> Upload:
    """Return a row of the upload table as a value."""
    return Upload(id=row["id"], bucket=row["bucket"], key=row["key"], started=moment(row["started"]), put=put_of(row))


def part_of(row: sqlite3.Row) -> Part:
    """Return a row of the part table as a value."""
    checksum = Checksum(algorithm=row["algorithm"], value=row["checksum"]) if row["algorithm"] else None
    return Part(
        number=row["number"],
        sha256=row["sha256"],
        size=row["size"],
        etag=row["etag"],
        modified=moment(row["modified"]),
        checksum=checksum,
    )


def event_of(row: sqlite3.Row) -> StoreEvent:
    """Return a row of the event table as a value."""
    return StoreEvent(**{**dict(row), "at": moment(row["at"])})
