"""The ledger of releases in the home's database. A bundle is written once and never changed."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from shipway.domain.release import Bundle, Release, ReleaseNotFound
from shipway.domain.values import canonical
from shipway.targets.local.home import Home


class Ledger:
    """Releases by number; the live one is the one that took production traffic last."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def create(self, bundle: Bundle, *, execution: str, attempt: str) -> Release:
        """Return the release of one attempt to deploy a bundle; the same attempt never makes a second one."""
        with self._home.transaction() as connection:
            row = connection.execute("SELECT * FROM releases WHERE attempt=?", (attempt,)).fetchone()
            if row is None:
                connection.execute(
                    "INSERT INTO releases (digest, bundle, execution, attempt, created, status)"
                    " VALUES (?,?,?,?,?,'created')",
                    (bundle.digest, canonical(asdict(bundle)), execution, attempt, datetime.now(UTC).isoformat()),
                )
                row = connection.execute("SELECT * FROM releases WHERE attempt=?", (attempt,)).fetchone()
        return _release(row)

    def get(self, number: int) -> Release:
        """Raises ReleaseNotFound."""
        row = self._home.connection.execute("SELECT * FROM releases WHERE number=?", (number,)).fetchone()
        if row is None:
            raise ReleaseNotFound(release=number)
        return _release(row)

    def list(self) -> Sequence[Release]:
        """Return all releases, newest first."""
        rows = self._home.connection.execute("SELECT * FROM releases ORDER BY number DESC").fetchall()
        return [_release(row) for row in rows]

    def of_execution(self, execution: str) -> Release | None:
        """Return the newest release that an execution made."""
        row = self._home.connection.execute(
            "SELECT * FROM releases WHERE execution=? ORDER BY number DESC LIMIT 1", (execution,)
        ).fetchone()
        return _release(row) if row else None

    def live(self) -> Release | None:
        """Return the release that takes production traffic."""
        row = self._home.connection.execute("SELECT * FROM releases WHERE status='live'").fetchone()
        return _release(row) if row else None

    def approved(self, number: int, by: str) -> None:
        """Record who let it pass."""
        with self._home.transaction() as connection:
            connection.execute("UPDATE releases SET approved_by=? WHERE number=?", (by, number))

    def went_live(self, number: int, verdict: str) -> None:
        """Make it the live one and retire the one before; safe to repeat."""
        now = datetime.now(UTC).isoformat()
        with self._home.transaction() as connection:
            connection.execute("UPDATE releases SET status='retired' WHERE status='live' AND number<>?", (number,))
            connection.execute(
                "UPDATE releases SET status='live', verdict=?, live_since=coalesce(live_since, ?) WHERE number=?",
                (verdict, now, number),
            )

    def refused(self, number: int, verdict: str) -> None:
        """Record that it did not stay in production; the live one stays what it is."""
        with self._home.transaction() as connection:
            connection.execute("UPDATE releases SET status='refused', verdict=? WHERE number=?", (verdict, number))


def _release(row: sqlite3.Row) -> Release:
    return Release(
        number=row["number"],
        bundle=Bundle(**json.loads(row["bundle"])),
        digest=row["digest"],
        execution=row["execution"],
        created=datetime.fromisoformat(row["created"]),
        status=row["status"],
        live_since=datetime.fromisoformat(row["live_since"]) if row["live_since"] else None,
        approved_by=row["approved_by"],
        verdict=row["verdict"],
    )
