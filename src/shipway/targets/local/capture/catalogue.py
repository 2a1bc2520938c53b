"""What is known of captured files: what each is made of, how far it is, and how much is in it."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipway.domain.capture import parse_key
from shipway.ports.capture import CaptureFile
from shipway.targets.local import db
from shipway.targets.local.capture.tally import Tally
from shipway.targets.local.home import Home

PLANNED, STORED, DONE = "planned", "stored", "done"
MIGRATIONS = (
    """
    CREATE TABLE capture_files (
        key TEXT PRIMARY KEY,
        bucket TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        segments TEXT NOT NULL,
        status TEXT NOT NULL,
        records INTEGER NOT NULL DEFAULT 0,
        repeated INTEGER NOT NULL DEFAULT 0,
        malformed INTEGER NOT NULL DEFAULT 0,
        size INTEGER NOT NULL DEFAULT 0,
        first TEXT NOT NULL DEFAULT '',
        last TEXT NOT NULL DEFAULT '',
        created TEXT NOT NULL
    );
    CREATE INDEX capture_files_unfinished ON capture_files (status) WHERE status != 'done';
    CREATE TABLE capture_tails (endpoint TEXT PRIMARY KEY, events BLOB NOT NULL);
    CREATE TABLE capture_told (
        recorder TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        records INTEGER NOT NULL,
        dropped INTEGER NOT NULL,
        PRIMARY KEY (recorder, endpoint)
    );
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A file that is to be made. segments: what goes into it, in order."""

    bucket: str
    key: str
    endpoint: str
    segments: tuple[Path, ...]
    status: str = PLANNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file got. first, last: times of its records, as they are written; tail: the newest events with times."""

    records: int
    repeated: int
    malformed: int
    size: int
    first: str
    last: str
    tail: bytes


class Catalogue:
    """The rows of one home. Every step of a file is one transaction."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def _connection(self) -> sqlite3.Connection:
        connection = self._home.connection
        db.migrate(connection, "capture", MIGRATIONS)
        return connection

    def plan(self, plan: Plan, now: datetime) -> None:
        """Write down what a file will be made of."""
        with db.transaction(self._connection) as connection:
            segments = json.dumps([str(path) for path in plan.segments])
            connection.execute(
                "INSERT INTO capture_files (key, bucket, endpoint, segments, status, created)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (plan.key, plan.bucket, plan.endpoint, segments, PLANNED, now.isoformat(timespec="seconds")),
            )

    def unfinished(self) -> list[Plan]:
        """Return the files that are not done, oldest first."""
        rows = self._connection.execute("SELECT * FROM capture_files WHERE status != ? ORDER BY rowid", (DONE,))
        return [
            Plan(
                bucket=row["bucket"],
                key=row["key"],
                endpoint=row["endpoint"],
                segments=tuple(map(Path, json.loads(row["segments"]))),
                status=row["status"],
            )
            for row in rows
        ]

    def tail(self, endpoint: str) -> bytes:
        """Return the newest events that are in files of this endpoint."""
        row = self._connection.execute("SELECT events FROM capture_tails WHERE endpoint=?", (endpoint,)).fetchone()
        return bytes(row["events"]) if row else b""

    def stored(self, plan: Plan, contents: Contents) -> None:
        """Know that a file is in its bucket, and which events are."""
        with db.transaction(self._connection) as connection:
            connection.execute(
                "UPDATE capture_files SET status=?, records=?, repeated=?, malformed=?, size=?, first=?, last=?"
                " WHERE key=?",
                (
                    *(STORED, contents.records, contents.repeated, contents.malformed, contents.size),
                    *(contents.first, contents.last, plan.key),
                ),
            )
            connection.execute("INSERT OR REPLACE INTO capture_tails VALUES (?, ?)", (plan.endpoint, contents.tail))

    def done(self, plan: Plan) -> None:
        """Know that a file's segments are gone."""
        with db.transaction(self._connection) as connection:
            connection.execute("UPDATE capture_files SET status=?, segments='[]' WHERE key=?", (DONE, plan.key))

    def forget(self, before: datetime) -> None:
        """Forget files that were made before a moment; their objects have gone by the bucket's rule."""
        with db.transaction(self._connection) as connection:
            connection.execute(
                "DELETE FROM capture_files WHERE status=? AND created < ?", (DONE, before.isoformat(timespec="seconds"))
            )

    def files(self, endpoint: str = "") -> Sequence[CaptureFile]:
        """Return the files with records that are in the bucket, by their keys."""
        where = "AND endpoint=?" if endpoint else ""
        rows = self._connection.execute(
            f"SELECT * FROM capture_files WHERE status != ? AND records > 0 {where} ORDER BY key",  # noqa: S608
            (PLANNED, endpoint) if endpoint else (PLANNED,),
        )
        return [_file(row) for row in rows]

    def told(self, recorder: str) -> dict[str, Tally]:
        """Return endpoint -> what a recorder has counted that is already in the metrics."""
        rows = self._connection.execute("SELECT * FROM capture_told WHERE recorder=?", (recorder,))
        return {row["endpoint"]: Tally(records=row["records"], dropped=row["dropped"]) for row in rows}

    def tell(self, recorder: str, counts: dict[str, Tally]) -> None:
        """Know what has gone into the metrics."""
        with db.transaction(self._connection) as connection:
            rows = [(recorder, endpoint, count.records, count.dropped) for endpoint, count in counts.items()]
            connection.executemany("INSERT OR REPLACE INTO capture_told VALUES (?, ?, ?, ?)", rows)


def _file(row: sqlite3.Row) -> CaptureFile:
    key = parse_key(row["key"])
    assert key is not None  # noqa: S101  only keys that were made so are in the table
    return CaptureFile(
        uri=f"s3://{row['bucket']}/{row['key']}",
        endpoint=row["endpoint"],
        hour=key.hour,
        records=row["records"],
        malformed=row["malformed"],
        size=row["size"],
        first=datetime.fromisoformat(row["first"]),
        last=datetime.fromisoformat(row["last"]),
    )
