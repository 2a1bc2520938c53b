"""The notices of one home: each event once, whoever tells it and however often."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from shipway.domain.notice import Notice, NoticeNotFound
from shipway.targets.local.home import Home


class Inbox:
    """The notices of one home, in the order in which they were written."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def write(self, key: str, kind: str, subject: str, body: str = "") -> None:
        """Keep a notice. The same key is the same event: it is written once, however often this is called."""
        with self._home.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO notices (key, at, kind, subject, body) VALUES (?,?,?,?,?)",
                (key, datetime.now(UTC).isoformat(), kind, subject, body),
            )

    def list(self, after: int = 0) -> Sequence[Notice]:
        """Return the notices after a number, oldest first."""
        rows = self._home.connection.execute(
            "SELECT * FROM notices WHERE number>? ORDER BY number", (after,)
        ).fetchall()
        return [_notice(row) for row in rows]

    def newest(self, limit: int) -> Sequence[Notice]:
        """Return the last notices, newest first."""
        rows = self._home.connection.execute("SELECT * FROM notices ORDER BY number DESC LIMIT ?", (limit,)).fetchall()
        return [_notice(row) for row in rows]

    def get(self, number: int) -> Notice:
        """Return one. Raises NoticeNotFound."""
        row = self._home.connection.execute("SELECT * FROM notices WHERE number=?", (number,)).fetchone()
        if row is None:
            raise NoticeNotFound(number=number)
        return _notice(row)

    def of_key(self, key: str) -> Notice | None:
        """Return the notice of one event, None when it was never written."""
        row = self._home.connection.execute("SELECT * FROM notices WHERE key=?", (key,)).fetchone()
        return _notice(row) if row else None


def _notice(row: sqlite3.Row) -> Notice:
    return Notice(
        number=row["number"],
        at=datetime.fromisoformat(row["at"]),
        kind=row["kind"],
        subject=row["subject"],
        body=row["body"],
    )
