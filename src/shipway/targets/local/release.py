"""The ledger of releases in the home's database. A bundle is written once and never changed."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

from shipway.domain.release import (
    Bundle,
    LivePeriod,
    NothingLiveThen,
    Release,
    ReleaseChanged,
    ReleaseNotFound,
    ReleaseStatus,
    checked,
)
from shipway.domain.values import canonical
from shipway.targets.local import audit
from shipway.targets.local.home import Home

PIPELINE = "pipeline"  # who makes releases, in the audit log


class Ledger:
    """Releases by number; the live one is the one that took production traffic last.

    Every read compares a bundle with its digest: a row that somebody changed is refused with ReleaseChanged.
    """

    def __init__(self, home: Home) -> None:
        self._home = home

    def create(self, bundle: Bundle, *, execution: str, attempt: str) -> Release:
        """Return the release of one attempt to deploy a bundle; the same attempt never makes a second one."""
        with self._home.transaction() as connection:
            row = connection.execute("SELECT number FROM releases WHERE attempt=?", (attempt,)).fetchone()
            number = row["number"] if row else None
            if number is None:
                number = connection.execute(
                    "INSERT INTO releases (digest, bundle, execution, attempt, created, status)"
                    " VALUES (?,?,?,?,?,'created') RETURNING number",
                    (bundle.digest, canonical(asdict(bundle)), execution, attempt, datetime.now(UTC).isoformat()),
                ).fetchone()["number"]
                audit.append(connection, PIPELINE, "release", f"release {number}", bundle.digest)
        return self.get(number)

    def adopt(self, release: Release, *, by: str, places: Mapping[str, str]) -> Release:
        """Return an imported release under its own number, or the next free one where that is taken.

        A bundle that is here already is not taken in again.
        """
        with self._home.transaction() as connection:
            same = connection.execute("SELECT number FROM releases WHERE digest=?", (release.digest,)).fetchone()
            number = same["number"] if same else self._number(connection, release.number)
            if same is None:
                connection.execute(
                    "INSERT INTO releases (number, digest, bundle, execution, attempt, created, status, approved_by,"
                    " verdict, places) VALUES (?,?,?,?,?,?,?,?,?,?)",
                    (
                        *(number, release.digest, canonical(asdict(release.bundle)), release.execution),
                        *(f"import:{release.digest}", release.created.isoformat(), release.status),
                        *(release.approved_by, release.verdict, canonical(dict(places))),
                    ),
                )
                audit.append(connection, by, "import", f"release {number}", release.digest)
        return self.get(number)

    def _number(self, connection: sqlite3.Connection, wanted: int) -> int:
        taken = connection.execute("SELECT 1 FROM releases WHERE number=?", (wanted,)).fetchone()
        highest = connection.execute("SELECT coalesce(max(number), 0) AS number FROM releases").fetchone()["number"]
        return int(highest) + 1 if taken else wanted

    def get(self, number: int) -> Release:
        """Raises ReleaseNotFound, ReleaseChanged."""
        row = self._home.connection.execute("SELECT * FROM releases WHERE number=?", (number,)).fetchone()
        if row is None:
            raise ReleaseNotFound(release=number)
        return self._release(row)

    def list(self) -> Sequence[Release]:
        """Return all releases, newest first. Raises ReleaseChanged."""
        rows = self._home.connection.execute("SELECT * FROM releases ORDER BY number DESC").fetchall()
        return [self._release(row) for row in rows]

    def of_execution(self, execution: str) -> Release | None:
        """Return the newest release that an execution made."""
        return self._one("SELECT * FROM releases WHERE execution=? ORDER BY number DESC LIMIT 1", execution)

    def live(self) -> Release | None:
        """Return the release that takes production traffic."""
        return self._one("SELECT * FROM releases WHERE status=?", ReleaseStatus.LIVE)

    def periods(self) -> Sequence[LivePeriod]:
        """Return when which release was live, oldest first."""
        return [_period(row) for row in self._home.connection.execute("SELECT * FROM live_periods ORDER BY number")]

    def at(self, moment: datetime) -> Release:
        """Return the release that was live at a moment. Raises NothingLiveThen."""
        for period in self.periods():
            if period.since <= moment and (period.until is None or moment < period.until):
                return self.get(period.release)
        raise NothingLiveThen(at=moment.isoformat())

    def approved(self, number: int, by: str) -> None:
        """Record who let it pass."""
        with self._home.transaction() as connection:
            connection.execute("UPDATE releases SET approved_by=? WHERE number=?", (by, number))

    def went_live(self, number: int, verdict: str, deployment: str) -> None:
        """Make it the live one and retire the one before; a deployment does so once, however often it says so.

        verdict: why it may; the release keeps the one with which it first went live.
        """
        now = datetime.now(UTC).isoformat()
        with self._home.transaction() as connection:
            if connection.execute("SELECT 1 FROM live_periods WHERE deployment=?", (deployment,)).fetchone():
                return
            connection.execute("UPDATE live_periods SET until=? WHERE until IS NULL", (now,))
            connection.execute(
                "INSERT INTO live_periods (release, deployment, since, verdict) VALUES (?,?,?,?)",
                (number, deployment, now, verdict),
            )
            connection.execute(
                "UPDATE releases SET status=? WHERE status=? AND number<>?",
                (ReleaseStatus.RETIRED, ReleaseStatus.LIVE, number),
            )
            connection.execute(
                "UPDATE releases SET verdict=CASE WHEN status IN (?,?) THEN ? ELSE verdict END, status=?, live_since=?"
                " WHERE number=?",
                (ReleaseStatus.CREATED, ReleaseStatus.REFUSED, verdict, ReleaseStatus.LIVE, now, number),
            )

    def refused(self, number: int, verdict: str) -> None:
        """Record that it did not stay in production; the live one stays what it is."""
        with self._home.transaction() as connection:
            connection.execute(
                "UPDATE releases SET status=?, verdict=? WHERE number=?", (ReleaseStatus.REFUSED, verdict, number)
            )

    def _one(self, query: str, value: str) -> Release | None:
        row = self._home.connection.execute(query, (value,)).fetchone()
        return self._release(row) if row else None

    def _release(self, row: sqlite3.Row) -> Release:
        periods = self._home.connection.execute(
            "SELECT * FROM live_periods WHERE release=? ORDER BY number", (row["number"],)
        ).fetchall()
        return replace(_read(row), periods=tuple(_period(each) for each in periods))


def _read(row: sqlite3.Row) -> Release:
    try:
        bundle = Bundle(**json.loads(row["bundle"]))
    except (TypeError, ValueError) as error:
        raise ReleaseChanged(release=row["number"], problem=f"its bundle cannot be read: {error}") from error
    return checked(
        Release(
            number=row["number"],
            bundle=bundle,
            digest=row["digest"],
            execution=row["execution"],
            created=datetime.fromisoformat(row["created"]),
            status=row["status"],
            live_since=datetime.fromisoformat(row["live_since"]) if row["live_since"] else None,
            approved_by=row["approved_by"],
            verdict=row["verdict"],
            places=json.loads(row["places"]),
        )
    )


def _period(row: sqlite3.Row) -> LivePeriod:
    return LivePeriod(
        release=row["release"],
        since=datetime.fromisoformat(row["since"]),
        until=datetime.fromisoformat(row["until"]) if row["until"] else None,
        verdict=row["verdict"],
    )
