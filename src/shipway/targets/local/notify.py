"""Notices to people: written once for each event, kept in the home's inbox."""

from collections.abc import Sequence
from datetime import UTC, datetime

from shipway.ports.view import Notice
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
        return [
            Notice(
                number=row["number"],
                at=datetime.fromisoformat(row["at"]),
                kind=row["kind"],
                subject=row["subject"],
                body=row["body"],
            )
            for row in rows
        ]
