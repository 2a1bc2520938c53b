"""Rows of the metrics' tables: written at every resolution at once, so that all of them always agree."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import accumulate

from shipway.domain.metric import Series, Statistics
from shipway.targets.local.telemetry.schema import RESOLUTIONS

_FINEST = RESOLUTIONS[0].table


def put(connection: sqlite3.Connection, series: Series, minute: int, found: Statistics, *, replace: bool) -> None:
    """Write the statistics of a minute, or add them to it, in the caller's transaction. minute: seconds since 1970."""
    key = _key(connection, series)
    before = _read(connection, _FINEST, key, minute)
    if before is not None and replace:
        if before == found:
            return
        _save(connection, _FINEST, key, minute, found)
        for each in RESOLUTIONS[1:]:
            _save(
                connection, each.table, key, _floor(minute, each.seconds), _again(connection, key, minute, each.seconds)
            )
    else:
        for each in RESOLUTIONS:
            at = _floor(minute, each.seconds)
            there = _read(connection, each.table, key, at)
            _save(connection, each.table, key, at, found if there is None else there + found)
    gone = before if before is not None and replace else None
    connection.execute(
        "UPDATE series SET count=count+?, total=total+?, newest=max(newest, ?) WHERE id=?",
        (found.count - (gone.count if gone else 0), found.total - (gone.total if gone else 0), minute, key),
    )


def series_of(row: sqlite3.Row) -> Series:
    """Return the series of a row."""
    return Series(row["name"], tuple((name, value) for name, value in json.loads(row["dimensions"])))


def dimensions_text(series: Series) -> str:
    """Return a series' dimensions as they are kept."""
    return json.dumps(series.dimensions, separators=(",", ":"))


def statistics_of(row: sqlite3.Row) -> Statistics:
    """Return what a row keeps."""
    return Statistics(
        count=row["count"],
        total=row["total"],
        minimum=row["minimum"],
        maximum=row["maximum"],
        buckets=_buckets(row["buckets"]),
    )


def _key(connection: sqlite3.Connection, series: Series) -> int:
    names = (series.name, dimensions_text(series))
    row = connection.execute("SELECT id FROM series WHERE name=? AND dimensions=?", names).fetchone()
    if row is None:
        made = connection.execute("INSERT INTO series (name, dimensions) VALUES (?,?) RETURNING id", names)
        row = made.fetchone()
    key: int = row["id"]
    return key


def _read(connection: sqlite3.Connection, table: str, key: int, at: int) -> Statistics | None:
    row = connection.execute(f"SELECT * FROM {table} WHERE series=? AND at=?", (key, at)).fetchone()  # noqa: S608
    return statistics_of(row) if row else None


def _save(connection: sqlite3.Connection, table: str, key: int, at: int, found: Statistics) -> None:
    connection.execute(
        f"INSERT OR REPLACE INTO {table} VALUES (?,?,?,?,?,?,?)",  # noqa: S608
        (key, at, found.count, found.total, found.minimum, found.maximum, _text(found.buckets)),
    )


def _text(buckets: Mapping[int, int]) -> str:
    """Return buckets as they are kept: how far each is from the one before, and its count: half as long as in plain."""
    numbers, before = list[int](), 0
    for place in sorted(buckets):
        numbers += [place - before, buckets[place]]
        before = place
    return json.dumps(numbers, separators=(",", ":"))


def _buckets(text: str) -> dict[int, int]:
    numbers = json.loads(text)
    return dict(zip(accumulate(numbers[::2]), numbers[1::2], strict=True))


def _again(connection: sqlite3.Connection, key: int, minute: int, seconds: int) -> Statistics:
    """Return a longer row added up anew from its minutes, one of which was replaced."""
    first = _floor(minute, seconds)
    rows = connection.execute(
        f"SELECT * FROM {_FINEST} WHERE series=? AND at>=? AND at<?",  # noqa: S608
        (key, first, first + seconds),
    )
    return _sum(statistics_of(row) for row in rows.fetchall())


def _sum(parts: Iterable[Statistics]) -> Statistics:
    first, *rest = parts
    for each in rest:
        first = first + each
    return first


def _floor(at: int, seconds: int) -> int:
    return at // seconds * seconds
