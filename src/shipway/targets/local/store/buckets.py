"""Buckets in the index."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from shipway.domain.store.errors import BucketExists, BucketNotEmpty, BucketNotFound, LifecycleNotFound
from shipway.domain.store.lifecycle import LifecycleRule
from shipway.domain.store.object import Bucket, Versioning
from shipway.targets.local.store.rows import bucket_of


def create(connection: sqlite3.Connection, name: str, versioning: Versioning) -> Bucket:
    """Add a bucket and return it; raises BucketExists."""
    try:
        connection.execute("INSERT INTO bucket VALUES (?, ?, ?, '')", (name, time.time(), versioning))
    except sqlite3.IntegrityError:
        raise BucketExists(bucket=name) from None
    return get(connection, name)


def get(connection: sqlite3.Connection, name: str) -> Bucket:
    """Return a bucket; raises BucketNotFound."""
    row = connection.execute("SELECT * FROM bucket WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise BucketNotFound(bucket=name)
    return bucket_of(row)


def every(connection: sqlite3.Connection) -> list[Bucket]:
    """Return all buckets by name."""
    return [bucket_of(row) for row in connection.execute("SELECT * FROM bucket ORDER BY name")]


def delete(connection: sqlite3.Connection, name: str) -> None:
    """Remove an empty bucket; raises BucketNotFound, BucketNotEmpty."""
    get(connection, name)
    for table in ("version", "upload"):
        if connection.execute(f"SELECT 1 FROM {table} WHERE bucket = ? LIMIT 1", (name,)).fetchone():  # noqa: S608
            raise BucketNotEmpty(bucket=name)
    connection.execute("DELETE FROM bucket WHERE name = ?", (name,))


def set_versioning(connection: sqlite3.Connection, name: str, versioning: Versioning) -> None:
    """Enable or suspend versioning; raises BucketNotFound."""
    get(connection, name)
    connection.execute("UPDATE bucket SET versioning = ? WHERE name = ?", (versioning, name))


def set_lifecycle(connection: sqlite3.Connection, name: str, rules: Sequence[LifecycleRule]) -> None:
    """Replace the bucket's rules; none of them removes the configuration. Raises BucketNotFound."""
    get(connection, name)
    text = json.dumps([asdict(rule) for rule in rules], default=datetime.isoformat) if rules else ""
    connection.execute("UPDATE bucket SET lifecycle = ? WHERE name = ?", (text, name))


def lifecycle(connection: sqlite3.Connection, name: str) -> tuple[LifecycleRule, ...]:
    """Return the bucket's rules; raises BucketNotFound, LifecycleNotFound."""
    get(connection, name)
    text = connection.execute("SELECT lifecycle FROM bucket WHERE name = ?", (name,)).fetchone()[0]
    if not text:
        raise LifecycleNotFound(bucket=name)
    return tuple(
        LifecycleRule(**{**rule, "expire_on": datetime.fromisoformat(rule["expire_on"]) if rule["expire_on"] else None})
        for rule in json.loads(text)
    )
