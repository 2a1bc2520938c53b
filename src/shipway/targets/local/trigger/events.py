"""What happened and what it started, as rows: written once, whoever sees it and however often."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from shipway.domain.pipeline import CauseKind
from shipway.domain.trigger import TriggerEvent, reason
from shipway.ports.trigger import TriggerFiring
from shipway.targets.local import db
from shipway.targets.local.home import Home

MIGRATIONS = (
    """
    CREATE TABLE trigger_events (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        subject TEXT NOT NULL,
        at TEXT NOT NULL,
        waits INTEGER NOT NULL DEFAULT 1,
        firing INTEGER,
        dropped TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX trigger_events_waiting ON trigger_events (kind, number) WHERE waits = 1;
    CREATE TABLE trigger_positions (name TEXT PRIMARY KEY, position TEXT NOT NULL);
    CREATE TABLE trigger_firings (
        number INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        at TEXT NOT NULL,
        events INTEGER NOT NULL,
        reason TEXT NOT NULL,
        execution TEXT NOT NULL DEFAULT '',
        outcome TEXT NOT NULL DEFAULT ''
    );
    """,
)


class TriggerEvents:
    """The rows of one home. A firing's number is the number of the execution that it starts."""

    def __init__(self, home: Home) -> None:
        self._home = home
        db.migrate(home.connection, "triggers", MIGRATIONS)

    def position(self, name: str) -> str | None:
        """Return how far something was read, None when it never was."""
        row = self._one("SELECT position FROM trigger_positions WHERE name=?", name)
        return str(row["position"]) if row else None

    def advance(
        self, name: str, seen: str | None, position: str, events: Iterable[TriggerEvent], cleared: Iterable[str] = ()
    ) -> bool:
        """Write down new events and how far was read, both or nothing; return whether an event was news.

        seen: the position that was read from; when another process was first, nothing is written.
        cleared: subjects that are as they should be again, so that what waits because of them need not.
        """
        with self._home.transaction() as connection:
            row = connection.execute("SELECT position FROM trigger_positions WHERE name=?", (name,)).fetchone()
            if (row["position"] if row else None) != seen:
                return False
            connection.execute("INSERT OR REPLACE INTO trigger_positions VALUES (?,?)", (name, position))
            new = sum([_insert(connection, event) for event in events])
            for subject in cleared:
                connection.execute(
                    "UPDATE trigger_events SET waits=0, dropped='the alarm is over' WHERE subject=? AND waits=1",
                    (subject,),
                )
        return new > 0

    def add(self, event: TriggerEvent) -> bool:
        """Write one event down; return whether it was news."""
        with self._home.transaction() as connection:
            return _insert(connection, event)

    def waiting(self, kind: CauseKind) -> Sequence[TriggerEvent]:
        """Return the events of a kind that nothing has become of, oldest first."""
        rows = self._all("SELECT * FROM trigger_events WHERE kind=? AND waits=1 ORDER BY at, number", kind)
        return [_event(row) for row in rows]

    def drop(self, numbers: Iterable[int], why: str) -> None:
        """Let waiting events be over."""
        with self._home.transaction() as connection:
            connection.executemany(
                "UPDATE trigger_events SET waits=0, dropped=? WHERE number=? AND waits=1",
                [(why, number) for number in numbers],
            )

    def forget(self, before: datetime) -> None:
        """Remove what happened before a moment and waits for nothing."""
        with self._home.transaction() as connection:
            connection.execute("DELETE FROM trigger_events WHERE at<? AND waits=0", (_text(before),))

    def fire(self, number: int, kind: CauseKind, last: int, now: datetime) -> bool:
        """Make the waiting events up to `last` one firing, which is then to be started; False when none waits."""
        with self._home.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM trigger_events WHERE kind=? AND number<=? AND waits=1 ORDER BY at, number", (kind, last)
            ).fetchall()
            if not rows:
                return False
            connection.execute(
                "INSERT INTO trigger_firings (number, kind, at, events, reason) VALUES (?,?,?,?,?)",
                (number, kind, _text(now), len(rows), reason([_event(row) for row in rows])),
            )
            connection.execute(
                "UPDATE trigger_events SET waits=0, firing=? WHERE kind=? AND number<=? AND waits=1",
                (number, kind, last),
            )
        return True

    def started(self, number: int, execution: str) -> None:
        """Write down which execution a firing has become."""
        with self._home.transaction() as connection:
            connection.execute("UPDATE trigger_firings SET execution=? WHERE number=?", (execution, number))

    def ended(self, number: int, outcome: str) -> None:
        """Write down how the execution of a firing has ended."""
        with self._home.transaction() as connection:
            connection.execute("UPDATE trigger_firings SET outcome=? WHERE number=?", (outcome, number))

    def unstarted(self) -> Sequence[TriggerFiring]:
        """Return the firings whose execution is not there yet."""
        return self._firings("SELECT * FROM trigger_firings WHERE execution='' ORDER BY number")

    def open(self) -> Sequence[TriggerFiring]:
        """Return the firings whose execution had not ended when last looked at."""
        return self._firings("SELECT * FROM trigger_firings WHERE execution<>'' AND outcome='' ORDER BY number")

    def firings(self, kind: CauseKind | None = None, limit: int = 20) -> Sequence[TriggerFiring]:
        """Return firings, newest first."""
        if kind is None:
            return self._firings("SELECT * FROM trigger_firings ORDER BY number DESC LIMIT ?", limit)
        return self._firings("SELECT * FROM trigger_firings WHERE kind=? ORDER BY number DESC LIMIT ?", kind, limit)

    def debounced(self, kind: CauseKind) -> int:
        """Return how many events of a kind started no execution of their own."""
        dropped = self._one("SELECT count(*) AS n FROM trigger_events WHERE kind=? AND dropped<>''", kind)
        shared = self._one("SELECT coalesce(sum(events - 1), 0) AS n FROM trigger_firings WHERE kind=?", kind)
        return int(dropped["n"] if dropped else 0) + int(shared["n"] if shared else 0)

    def latest_drop(self, kind: CauseKind) -> str:
        """Return why the newest event of a kind started nothing, "" when it did or still waits."""
        row = self._one("SELECT dropped FROM trigger_events WHERE kind=? ORDER BY number DESC LIMIT 1", kind)
        return str(row["dropped"]) if row else ""

    def _firings(self, query: str, *values: object) -> Sequence[TriggerFiring]:
        return [_firing(row) for row in self._all(query, *values)]

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        return self._home.connection.execute(query, values).fetchall()

    def _one(self, query: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._home.connection.execute(query, values).fetchone()
        return row


def _insert(connection: sqlite3.Connection, event: TriggerEvent) -> bool:
    done = connection.execute(
        "INSERT OR IGNORE INTO trigger_events (kind, key, subject, at) VALUES (?,?,?,?)",
        (event.kind, event.key, event.subject, _text(event.at)),
    )
    return done.rowcount == 1


def _event(row: sqlite3.Row) -> TriggerEvent:
    return TriggerEvent(
        number=row["number"],
        kind=CauseKind(row["kind"]),
        key=row["key"],
        subject=row["subject"],
        at=datetime.fromisoformat(row["at"]),
    )


def _firing(row: sqlite3.Row) -> TriggerFiring:
    return TriggerFiring(
        number=row["number"],
        kind=CauseKind(row["kind"]),
        at=datetime.fromisoformat(row["at"]),
        events=row["events"],
        reason=row["reason"],
        execution=row["execution"],
        outcome=row["outcome"],
    )


def _text(at: datetime) -> str:
    """Return a moment so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
