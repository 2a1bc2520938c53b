"""Ordered reads of the index for listings: each seek starts at a position and yields until the caller has enough."""

import sqlite3
from collections.abc import Iterable, Iterator

from shipway.domain.store.listing import Page, Position, Query, page
from shipway.domain.store.object import ObjectVersion, Upload
from shipway.targets.local.store import buckets
from shipway.targets.local.store.rows import upload_of, version_of


def objects(connection: sqlite3.Connection, bucket: str, start: Position | None, query: Query) -> Page[ObjectVersion]:
    """Return a page of the newest versions, without delete markers; raises BucketNotFound."""
    buckets.get(connection, bucket)

    def seek(position: Position) -> Iterator[ObjectVersion]:
        rows = connection.execute(
            "SELECT * FROM version INDEXED BY version_latest WHERE bucket = ? AND latest = 1 AND delete_marker = 0"  # noqa: S608
            f" AND key {_from(position)} ? ORDER BY key",
            (bucket, position.key),
        )
        return map(version_of, rows)

    return page(seek, start, query)


def versions(connection: sqlite3.Connection, bucket: str, start: Position | None, query: Query) -> Page[ObjectVersion]:
    """Return a page of all versions and delete markers, newest first within a key; raises BucketNotFound."""
    buckets.get(connection, bucket)

    def seek(position: Position) -> Iterator[ObjectVersion]:
        if position.within:
            yield from map(version_of, _rest_of_key(connection, bucket, position))
        strict = "> ?" if position.within else f"{_from(position)} ?"
        yield from map(
            version_of,
            connection.execute(
                f"SELECT * FROM version WHERE bucket = ? AND key {strict} ORDER BY key, sequence DESC",  # noqa: S608
                (bucket, position.key),
            ),
        )

    return page(seek, start, query)


def uploads(connection: sqlite3.Connection, bucket: str, start: Position | None, query: Query) -> Page[Upload]:
    """Return a page of open multipart uploads by key, then id; raises BucketNotFound."""
    buckets.get(connection, bucket)

    def seek(position: Position) -> Iterator[Upload]:
        where, values = f"key {_from(position)} ?", [position.key]
        if position.within:
            where, values = "(key, id) > (?, ?)", [position.key, position.within]
        rows = connection.execute(
            f"SELECT * FROM upload WHERE bucket = ? AND {where} ORDER BY key, id",  # noqa: S608
            (bucket, *values),
        )
        return map(upload_of, rows)

    return page(seek, start, query)


def history(connection: sqlite3.Connection, bucket: str, key: str) -> list[ObjectVersion]:
    """Return every version of one key, newest first; empty when there is none."""
    rows = connection.execute(
        "SELECT * FROM version WHERE bucket = ? AND key = ? ORDER BY sequence DESC", (bucket, key)
    )
    return [version_of(row) for row in rows]


def _rest_of_key(connection: sqlite3.Connection, bucket: str, position: Position) -> Iterable[sqlite3.Row]:
    """Versions of the position's own key that are older than the one it names.

    When that one is gone, as with a client that removes each page before it asks for the next, all of the key's
    versions: to show one again does no harm, to skip one would.
    """
    return connection.execute(
        "SELECT * FROM version WHERE bucket = :bucket AND key = :key AND sequence <"
        " ifnull((SELECT sequence FROM version"
        " WHERE bucket = :bucket AND key = :key AND version = :version), 9e18) ORDER BY sequence DESC",
        {"bucket": bucket, "key": position.key, "version": position.within},
    )


def _from(position: Position) -> str:
    return ">=" if position.inclusive else ">"
