"""Analyses as rows: each window of a release once."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from shipway.domain.monitor import RunStatus
from shipway.ports.monitor import MonitorRun
from shipway.targets.local import db
from shipway.targets.local.home import Home

MIGRATIONS = (
    """
    CREATE TABLE monitor_runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        release INTEGER NOT NULL,
        endpoint TEXT NOT NULL,
        start TEXT NOT NULL,
        end TEXT NOT NULL,
        asked INTEGER NOT NULL,
        status TEXT NOT NULL,
        verdict TEXT NOT NULL DEFAULT '',
        sentence TEXT NOT NULL DEFAULT '',
        job TEXT NOT NULL DEFAULT '',
        results TEXT NOT NULL DEFAULT '',
        report TEXT NOT NULL DEFAULT '',
        read INTEGER NOT NULL DEFAULT 0,
        began TEXT NOT NULL,
        ended TEXT
    );
    CREATE INDEX monitor_runs_of ON monitor_runs (release, asked, end);
    """,
)


class MonitorRuns:
    """The rows of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        db.migrate(home.connection, "monitor", MIGRATIONS)

    def begin(self, run: MonitorRun) -> MonitorRun:
        """Return the run of this id, written down now or found as it is."""
        with self._home.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO monitor_runs (id, release, endpoint, start, end, asked, status, began)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (
                    *(run.id, run.release, run.endpoint, _text(run.start), _text(run.end), run.asked),
                    *(run.status, _text(run.began)),
                ),
            )
        return self.get(run.id)

    def end(self, run: MonitorRun, read: int = 0) -> None:
        """Write down how a run has ended. read: the store's event up to which captures are in the stored hours."""
        with self._home.transaction() as connection:
            connection.execute(
                "UPDATE monitor_runs SET status=?, verdict=?, sentence=?, job=?, results=?, report=?, read=?, ended=?"
                " WHERE id=? AND status=?",
                (
                    *(run.status, run.verdict, run.sentence, run.job, run.results, run.report, read),
                    *(_text(run.ended) if run.ended else None, run.id, RunStatus.RUNNING),
                ),
            )

    def get(self, run: str) -> MonitorRun:
        """Return one that is known to exist."""
        row = self._home.connection.execute("SELECT * FROM monitor_runs WHERE id=?", (run,)).fetchone()
        if row is None:
            raise LookupError(run)
        return _run(row)

    def list(self, limit: int) -> Sequence[MonitorRun]:
        """Return the newest, newest first."""
        rows = self._home.connection.execute("SELECT * FROM monitor_runs ORDER BY number DESC LIMIT ?", (limit,))
        return [_run(row) for row in rows]

    def newest(self) -> MonitorRun | None:
        """Return the newest that has ended."""
        row = self._home.connection.execute(
            "SELECT * FROM monitor_runs WHERE status<>? ORDER BY number DESC LIMIT 1", (RunStatus.RUNNING,)
        ).fetchone()
        return _run(row) if row else None

    def done(self, release: int) -> set[datetime]:
        """Return the ends of the windows of a release that were analysed, whatever came of it."""
        rows = self._home.connection.execute(
            "SELECT end FROM monitor_runs WHERE release=? AND asked=0 AND status<>?", (release, RunStatus.RUNNING)
        )
        return {datetime.fromisoformat(row["end"]) for row in rows}

    def read(self, release: int) -> int:
        """Return the store's event up to which captures of a release are in its stored hours."""
        row = self._home.connection.execute(
            "SELECT coalesce(max(read), 0) AS read FROM monitor_runs WHERE release=? AND asked=0", (release,)
        ).fetchone()
        return int(row["read"])


def _run(row: sqlite3.Row) -> MonitorRun:
    return MonitorRun(
        id=row["id"],
        release=row["release"],
        endpoint=row["endpoint"],
        start=datetime.fromisoformat(row["start"]),
        end=datetime.fromisoformat(row["end"]),
        status=RunStatus(row["status"]),
        verdict=row["verdict"],
        sentence=row["sentence"],
        began=datetime.fromisoformat(row["began"]),
        ended=datetime.fromisoformat(row["ended"]) if row["ended"] else None,
        asked=bool(row["asked"]),
        job=row["job"],
        results=row["results"],
        report=row["report"],
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
