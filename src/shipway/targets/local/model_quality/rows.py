"""The tables of predictions and labels. An hour whose pairs have changed is marked, and counted anew from its rows."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shipway.domain.label import Label
from shipway.domain.values import Json, canonical
from shipway.targets.local import db
from shipway.targets.local.model_quality.cells import Cell, Cells

HOUR = 3600
CAPTURES, SEALED = "captures", "sealed"  # positions: how far captures were read; whether every cell is sealed
PLACES = {"predictions": ("inference", "row"), "labels": ("inference", "row"), "hours": ("release", "hour")}
SEALED_AT_ONCE = 1000
MIGRATIONS = (
    """
    CREATE TABLE predictions (
        inference TEXT NOT NULL,
        row INTEGER NOT NULL,
        release INTEGER NOT NULL,
        hour INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (inference, row)
    ) WITHOUT ROWID;
    CREATE INDEX predictions_hour ON predictions (release, hour);
    CREATE TABLE labels (
        inference TEXT NOT NULL,
        row INTEGER NOT NULL,
        value TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (inference, row)
    ) WITHOUT ROWID;
    CREATE TABLE hours (
        release INTEGER NOT NULL,
        hour INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        counts TEXT NOT NULL DEFAULT '',
        labels INTEGER NOT NULL DEFAULT 0,
        odd INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (release, hour)
    ) WITHOUT ROWID;
    CREATE TABLE positions (name TEXT PRIMARY KEY, position INTEGER NOT NULL);
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the model said about one row of one request. hour: seconds since 1970 of its start, UTC."""

    inference: str
    row: int
    release: int
    hour: int
    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCounts:
    """One hour of one release. counts: JSON of domain.model_quality's counts, "" before anything is joined."""

    release: int
    hour: int
    predictions: int
    labels: int
    odd: int
    counts: str


class QualityRows:
    """The file of one home; each thread has its own connection. cells: seals what is written, opens what is read."""

    def __init__(self, path: Path, cells: Cells) -> None:
        self._path = path
        self._cells = cells
        self._local = threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, the tables up to date."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = db.connect(self._path)
            found.execute("PRAGMA secure_delete=ON")  # what was plain is overwritten when it is sealed
            db.migrate(found, "model_quality", MIGRATIONS)
            self._local.connection = found
        return found

    def position(self) -> int:
        """Return the number of the store's event up to which captures were read."""
        row = self.connection.execute("SELECT position FROM positions WHERE name=?", (CAPTURES,)).fetchone()
        return int(row["position"]) if row else 0

    def predicted(self, found: Iterable[Prediction], position: int) -> None:
        """Keep predictions and how far was read, both or nothing; what is known already stays as it is."""
        seal = self._cells.sealer()
        with self._write() as connection:
            for each in found:
                cell = seal(canonical(each.value), _row("predictions", each.inference, each.row))
                done = connection.execute(
                    "INSERT OR IGNORE INTO predictions VALUES (?,?,?,?,?)",
                    (each.inference, each.row, each.release, each.hour, cell),
                )
                if done.rowcount and _known(connection, "labels", each.inference, each.row):
                    _mark(connection, each.release, each.hour)
            connection.execute("INSERT OR REPLACE INTO positions VALUES (?,?)", (CAPTURES, position))

    def label(self, found: Sequence[Label], now: datetime) -> tuple[int, int, list[str]]:
        """Keep labels; return how many are new, how many of those are joined, and those told otherwise before."""
        new, joined, conflicts, seal = 0, 0, list[str](), self._cells.sealer()
        with self._write() as connection:
            for each in found:
                there, row = (
                    _known(connection, "labels", each.inference, each.row),
                    _row("labels", each.inference, each.row),
                )
                if there is not None:
                    had, got = self._cells.open(there["value"], row), canonical(each.value)
                    conflicts += [f"{each.inference}: had {had}, got {got}"] if had != got else []
                    continue
                at = (each.at or now).astimezone(UTC).isoformat()
                connection.execute(
                    "INSERT INTO labels VALUES (?,?,?,?)",
                    (each.inference, each.row, seal(canonical(each.value), row), at),
                )
                new += 1
                prediction = _known(connection, "predictions", each.inference, each.row)
                if prediction is not None:
                    joined += 1
                    _mark(connection, prediction["release"], prediction["hour"])
        return new, joined, conflicts

    def labelled(self) -> bool:
        """Return whether there is a label."""
        return self.connection.execute("SELECT 1 FROM labels LIMIT 1").fetchone() is not None

    def changed(self) -> Sequence[tuple[int, int]]:
        """Return (release, hour) of the hours that are to be counted anew."""
        rows = self.connection.execute("SELECT release, hour FROM hours WHERE changed=1").fetchall()
        return [(row["release"], row["hour"]) for row in rows]

    def pairs(self, release: int, hour: int) -> Sequence[tuple[Json, Json]]:
        """Return the (prediction, label) pairs of an hour."""
        rows = self.connection.execute(
            "SELECT inference, row, predictions.value AS said, labels.value AS was FROM predictions"
            " JOIN labels USING (inference, row) WHERE release=? AND hour=?",
            (release, hour),
        )
        opened = self._cells.open
        return [
            (
                json.loads(opened(each["said"], _row("predictions", each["inference"], each["row"]))),
                json.loads(opened(each["was"], _row("labels", each["inference"], each["row"]))),
            )
            for each in rows
        ]

    def counted(self, release: int, hour: int, counts: str, labels: int, odd: int) -> None:
        """Keep an hour's counts. A label that came meanwhile has made `labels` old: the hour stays marked then."""
        cell = self._cells.sealer()(counts, _row("hours", release, hour))
        with self._write() as connection:
            now = connection.execute(
                "SELECT count(*) AS n FROM predictions JOIN labels USING (inference, row) WHERE release=? AND hour=?",
                (release, hour),
            ).fetchone()["n"]
            connection.execute(
                "UPDATE hours SET counts=?, labels=?, odd=?, changed=? WHERE release=? AND hour=?",
                (cell, labels, odd, int(now != labels), release, hour),
            )

    def hours(self, since: datetime) -> Sequence[HourCounts]:
        """Return the hours with predictions since a moment, oldest first."""
        rows = self.connection.execute(
            "SELECT release, hour, n, coalesce(labels, 0) AS labels, coalesce(odd, 0) AS odd,"
            " coalesce(counts, '') AS counts FROM"
            " (SELECT release, hour, count(*) AS n FROM predictions WHERE hour>=? GROUP BY release, hour)"
            " LEFT JOIN hours USING (release, hour) ORDER BY hour, release",
            (int(since.timestamp()) // HOUR * HOUR,),
        ).fetchall()
        return [
            HourCounts(
                release=row["release"],
                hour=row["hour"],
                predictions=row["n"],
                labels=row["labels"],
                odd=row["odd"],
                counts=self._cells.open(row["counts"], _row("hours", row["release"], row["hour"])),
            )
            for row in rows
        ]

    def seal_old(self) -> None:
        """Seal what was written before encryption was switched on, a batch a transaction; nothing when it is off."""
        done = self.connection.execute("SELECT 1 FROM positions WHERE name=?", (SEALED,)).fetchone() is not None
        if self._cells.encrypts() and not done:
            seal = self._cells.sealer()
            for table, (first, second) in PLACES.items():
                while self._seal_some(seal, table, first, second):
                    pass
            with self._write() as connection:
                connection.execute("INSERT OR REPLACE INTO positions VALUES (?,1)", (SEALED,))
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif done and not self._cells.encrypts():
            with self._write() as connection:
                connection.execute("DELETE FROM positions WHERE name=?", (SEALED,))

    def _seal_some(self, seal: Callable[[str, str], Cell], table: str, first: str, second: str) -> bool:
        column = "counts" if table == "hours" else "value"
        with self._write() as connection:
            rows = connection.execute(
                f"SELECT {first}, {second}, {column} AS cell FROM {table}"  # noqa: S608 - names of this module
                f" WHERE typeof({column})='text' AND {column}<>'' LIMIT {SEALED_AT_ONCE}"
            ).fetchall()
            connection.executemany(
                f"UPDATE {table} SET {column}=? WHERE {first}=? AND {second}=?",  # noqa: S608
                [(seal(each["cell"], _row(table, each[0], each[1])), each[0], each[1]) for each in rows],
            )
        return bool(rows)

    def forget(self, before: datetime) -> None:
        """Remove what is older than a moment."""
        hour = int(before.timestamp()) // HOUR * HOUR
        with self._write() as connection:
            connection.execute(
                "DELETE FROM labels WHERE (inference, row) IN (SELECT inference, row FROM predictions WHERE hour<?)",
                (hour,),
            )
            connection.execute("DELETE FROM predictions WHERE hour<?", (hour,))
            connection.execute("DELETE FROM hours WHERE hour<?", (hour,))
            connection.execute("DELETE FROM labels WHERE at<?", (before.astimezone(UTC).isoformat(),))

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with db.transaction(self.connection) as connection:
            yield connection


def _row(table: str, first: str | int, second: int) -> str:
    """Return what names a row, for its cell."""
    return f"{table} {first} {second}"


def _known(connection: sqlite3.Connection, table: str, inference: str, row: int) -> sqlite3.Row | None:
    query = {
        "labels": "SELECT * FROM labels WHERE inference=? AND row=?",
        "predictions": "SELECT * FROM predictions WHERE inference=? AND row=?",
    }[table]
    found: sqlite3.Row | None = connection.execute(query, (inference, row)).fetchone()
    return found


def _mark(connection: sqlite3.Connection, release: int, hour: int) -> None:
    connection.execute(
        "INSERT INTO hours (release, hour, changed) VALUES (?,?,1) ON CONFLICT (release, hour) DO UPDATE SET changed=1",
        (release, hour),
    )
