"""The audit log in the home's database. Rows are only ever appended."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from shipway.domain.audit import Entry, follow

NEWEST = "SELECT * FROM audit ORDER BY number DESC LIMIT 1"


def append(connection: sqlite3.Connection, by: str, action: str, subject: str, reason: str = "") -> Entry:
    """Return the new newest entry, written in the transaction that the caller has open.

    The transaction holds the database's write lock from its beginning, so no two entries follow the same one.
    """
    row = connection.execute(NEWEST).fetchone()
    last = _entry(row) if row else None
    made = follow(last, Entry(number=0, at=datetime.now(UTC), by=by, action=action, subject=subject, reason=reason))
    connection.execute(
        "INSERT INTO audit (number, at, by, action, subject, reason, previous, hash) VALUES (?,?,?,?,?,?,?,?)",
        (made.number, made.at.isoformat(), made.by, made.action, made.subject, made.reason, made.previous, made.hash),
    )
    return made


def entries(connection: sqlite3.Connection) -> Sequence[Entry]:
    """Return the whole log, oldest first."""
    return [_entry(row) for row in connection.execute("SELECT * FROM audit ORDER BY number")]


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        number=row["number"],
        at=_moment(row["at"]),
        by=str(row["by"]),  # whatever somebody has put there: bytes cannot be sealed, their text is not what was
        action=str(row["action"]),
        subject=str(row["subject"]),
        reason=str(row["reason"]),
        previous=str(row["previous"]),
        hash=str(row["hash"]),
    )


def _moment(text: str) -> datetime:
    """Return a time as it is written; what is none was never sealed, and any other time tells so."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
