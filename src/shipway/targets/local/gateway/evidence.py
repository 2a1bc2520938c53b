"""Evidence of what each version answered, second by second: HAProxy's lines counted, kept, and read again."""

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.verdict import BINS, Counts, latency_bin
from shipway.targets.local import db
from shipway.targets.local.gateway import models
from shipway.targets.local.gateway.models import ModelTimes, Times

KEPT = 24 * 3600  # seconds of evidence that are kept
PATIENCE = 4  # seconds after which a second that nobody has vouched for is taken as lost
SCHEMA = (
    """
    CREATE TABLE seconds (
        second INTEGER NOT NULL,
        function TEXT NOT NULL,
        version TEXT NOT NULL,
        ok INTEGER NOT NULL,
        client_errors INTEGER NOT NULL,
        server_errors INTEGER NOT NULL,
        latency TEXT NOT NULL,
        PRIMARY KEY (second, function, version)
    ) WITHOUT ROWID;
    CREATE TABLE vouched (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
    """,
    models.SCHEMA,
)
Tally = list[int]  # ok, client errors, server errors, then the latency bins
Arm = tuple[str, str]  # function and version; "" for an answer of the gateway's own while several versions had traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """What the versions of a function answered in one second (since 1970, UTC).

    versions: None when nobody can say. Every version that is there is named, also without a request. "" stands for
    answers of the gateway's own, given when no process of any of several versions was left.
    """

    second: int
    versions: Mapping[str, Counts] | None


class Tallies:
    """Lines of HAProxy, added up by second.

    A line is "SECOND FUNCTION/VERSION STATUS MICROSECONDS", or one of `models`. Lines of a second that is closed count
    in the next one: totals stay right, and nothing that was handed out changes.
    """

    def __init__(self, now: int) -> None:
        """now: the first second that lines can belong to."""
        self.open = now
        self.seconds: dict[int, dict[Arm, Tally]] = {}
        self.models = ModelTimes()
        self.spoiled = now - 1  # the newest second of which lines are known to be lost

    def add(self, line: bytes) -> None:
        """Count one line; anything else than a request with an answer is passed over."""
        parts = line.split(b" ")
        if len(parts) > 2 and parts[1].startswith(b"event"):  # "3 events dropped": the ring was full
            self.spoiled = max([self.open, *self.seconds])
            return
        if len(parts) > 2 and parts[1].startswith(b"@"):
            self.models.add(max(self.open, int(parts[0])), parts)
            return
        if len(parts) != 4 or b"/" not in parts[1] or not parts[2].isdigit():
            return
        status, second = int(parts[2]), max(self.open, int(parts[0]))
        function, _, version = parts[1].decode().partition("/")
        arms = self.seconds.setdefault(second, {})
        tally = arms.get((function, version))
        if tally is None:
            tally = arms[function, version] = [0] * (3 + BINS)
        if status >= 400:
            tally[1 if status < 500 else 2] += 1
            return
        tally[0] += 1
        if parts[3].isdigit():
            tally[3 + latency_bin(int(parts[3]) / 1e6)] += 1

    def close(self, through: int) -> list[tuple[int, Arm, Tally]]:
        """Return what was counted up to this second, which is over now; `opened` afterwards takes it away."""
        due = sorted(second for second in self.seconds if second <= through)
        return [(second, arm, tally) for second in due for arm, tally in self.seconds[second].items()]

    def opened(self, second: int) -> None:
        """Forget all before this second; lines from before count in it from now on."""
        self.models.done()
        self.open = max(self.open, second)
        self.seconds = {each: arms for each, arms in self.seconds.items() if each >= self.open}


class Record:
    """The counted seconds of one gateway, in a file of their own. One process writes, any may read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def writer(self) -> sqlite3.Connection:
        """Return the connection of the one process that writes.

        Without waiting for the disk each second: a power cut may take the last seconds away, whole.
        """
        connection = db.connect(self._path)
        connection.execute("PRAGMA synchronous=NORMAL")
        db.migrate(connection, "evidence", SCHEMA)
        return connection

    def evidence(self, function: str, after: int, versions: Iterable[str], now: float | None = None) -> list[Second]:
        """Return every second behind `after` that is over and counted, or lost for good; see Gateway.evidence."""
        present = time.time() if now is None else now
        begin = max(after + 1, int(present) - KEPT)
        try:
            spans, rows = self._read(function, begin)
        except sqlite3.Error:  # no file yet, or one that cannot be read: nobody can say
            spans, rows = [], []
        end = max([int(present) - PATIENCE, *(last for _, last in spans)])
        counted: dict[int, dict[str, Counts]] = {}
        for row in rows:
            counted.setdefault(row["second"], {})[row["version"]] = _counts(row)
        known = {version: Counts(latency=(0,) * BINS) for version in versions}
        vouched = {second for first, last in spans for second in range(max(first, begin), last + 1)}
        return [
            Second(second=second, versions={**known, **counted.get(second, {})} if second in vouched else None)
            for second in range(begin, end + 1)
        ]

    def minutes(self, function: str, first: int, end: int) -> dict[int, dict[str, Counts] | None]:
        """Return what each whole minute from `first` to `end` (seconds since 1970) counted, as version -> counts.

        None for a minute of which nobody can say anything. Versions without a request are not named.
        """
        try:
            spans, rows = self._read(function, first, end)
        except sqlite3.Error:
            spans, rows = [], []
        found: dict[int, dict[str, Counts] | None] = {
            minute: {} if any(begin < minute + 60 and last >= minute for begin, last in spans) else None
            for minute in range(first, end, 60)
        }
        for row in rows:
            minute = row["second"] // 60 * 60
            versions = found[minute] or {}
            versions[row["version"]] = versions.get(row["version"], Counts()) + _counts(row)
            found[minute] = versions
        return found

    def models(self, first: int, end: int) -> dict[int, dict[str, Times]]:
        """Return what each whole minute from `first` to `end` has of endpoints: minute -> endpoint -> times."""
        try:
            with closing(self._reader()) as connection:
                query = "SELECT * FROM models WHERE minute >= ? AND minute < ?"
                return models.read(connection.execute(query, (first, end)))
        except sqlite3.Error:
            return {}

    def newest(self) -> int | None:
        """Return the newest second that was vouched for, with requests or without; None when there is none."""
        try:
            with closing(self._reader()) as connection:
                found: int | None = connection.execute("SELECT max(last) FROM vouched").fetchone()[0]
                return found
        except sqlite3.Error:
            return None

    def _read(self, function: str, begin: int, end: int = 1 << 62) -> tuple[list[tuple[int, int]], list[sqlite3.Row]]:
        with closing(self._reader()) as connection:
            connection.execute("BEGIN")  # both from the same moment
            spans = connection.execute("SELECT first, last FROM vouched WHERE last >= ?", (begin,)).fetchall()
            rows = connection.execute(
                "SELECT * FROM seconds WHERE second >= ? AND second < ? AND function = ?", (begin, end, function)
            )
            return [(first, last) for first, last in spans], rows.fetchall()

    def _reader(self) -> sqlite3.Connection:
        connection = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        connection.isolation_level = None
        connection.row_factory = sqlite3.Row
        return connection


def write(
    connection: sqlite3.Connection,
    rows: Iterable[tuple[int, Arm, Tally]],
    vouched: Iterable[int],
    times: Mapping[models.Place, Times] | None = None,
) -> None:
    """Keep counted seconds, vouch for some, add models' times, and forget what is too old: all of it or nothing."""
    with db.transaction(connection):
        if times:
            models.write(connection, times, max(minute for minute, _ in times) - KEPT)
        for second, (function, version), tally in rows:
            connection.execute(
                "INSERT OR REPLACE INTO seconds VALUES (?,?,?,?,?,?,?)",
                (second, function, version, *tally[:3], json.dumps(tally[3:], separators=(",", ":"))),
            )
        for second in vouched:
            extended = connection.execute("UPDATE vouched SET last = ? WHERE last = ?", (second, second - 1))
            if not extended.rowcount:
                connection.execute("INSERT OR IGNORE INTO vouched VALUES (?,?)", (second, second))
            if second % 60 == 0:
                connection.execute("DELETE FROM seconds WHERE second < ?", (second - KEPT,))
                connection.execute("DELETE FROM vouched WHERE last < ?", (second - KEPT,))


def _counts(row: sqlite3.Row) -> Counts:
    ok, client, server = row["ok"], row["client_errors"], row["server_errors"]
    return Counts(
        requests=ok + client + server,
        ok=ok,
        client_errors=client,
        server_errors=server,
        latency=tuple(json.loads(row["latency"])),
    )
