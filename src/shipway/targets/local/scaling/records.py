"""What was seen of each endpoint and what was changed, in the home's database."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cattrs.preconf.json import make_converter

from shipway.domain.endpoint import Endpoint
from shipway.domain.scaling import ScalingDecision, Step
from shipway.domain.scaling_meter import Meter
from shipway.ports.scaling import ScalingActivity
from shipway.targets.local import db
from shipway.targets.local.home import Home

_CONVERTER = make_converter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one endpoint. meter: None before its counter was read; sentence: of the last decision."""

    meter: Meter | None = None
    out: Step | None = None
    down: Step | None = None
    sentence: str = ""


class ScalingRecords:
    """The records of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._migrated = False

    def standing(self, endpoint: str) -> Standing:
        """Return what is known of an endpoint."""
        row = self._connection.execute("SELECT document FROM scaling WHERE endpoint=?", (endpoint,)).fetchone()
        return _CONVERTER.loads(row["document"], Standing) if row else Standing()

    def keep(self, endpoint: str, standing: Standing) -> None:
        """Keep what is known of an endpoint."""
        document = _CONVERTER.dumps(standing, Standing)
        with db.transaction(self._connection) as connection:
            connection.execute("INSERT OR REPLACE INTO scaling VALUES (?,?)", (endpoint, document))

    def forget(self, endpoint: str) -> None:
        """Forget an endpoint that is gone; what was changed of it stays known."""
        with db.transaction(self._connection) as connection:
            connection.execute("DELETE FROM scaling WHERE endpoint=?", (endpoint,))

    def begin(self, endpoint: Endpoint, decision: ScalingDecision, now: datetime) -> int:
        """Write down that a change begins; return its number."""
        row = (endpoint.name, now.isoformat(), endpoint.instances, decision.instances, "InProgress", decision.sentence)
        with db.transaction(self._connection) as connection:
            done = connection.execute(
                "INSERT INTO scaling_activities (endpoint, started, size_before, size_after, status, cause)"
                " VALUES (?,?,?,?,?,?)",
                row,
            )
            return int(done.lastrowid or 0)

    def end(self, number: int, status: str, message: str = "") -> None:
        """Write down what became of a change."""
        with db.transaction(self._connection) as connection:
            connection.execute(
                "UPDATE scaling_activities SET status=?, ended=?, message=? WHERE number=?",
                (status, _now(), message, number),
            )

    def audited(self, endpoint: Endpoint, decision: ScalingDecision) -> None:
        """Write a change that was carried out into the audit log, beside what people have done."""
        change = f"{endpoint.instances} -> {decision.instances} instances: {decision.sentence}"
        self._home.record("autoscaling", "scale endpoint", endpoint.name, change)

    def interrupted(self, prefix: str) -> None:
        """Write down that nobody carries out any more what was begun; prefix: of the endpoints' names."""
        with db.transaction(self._connection) as connection:
            connection.execute(
                "UPDATE scaling_activities SET status='Unfulfilled', ended=?, message=?"
                " WHERE ended IS NULL AND substr(endpoint, 1, ?) = ?",
                (_now(), "the control plane ended meanwhile", len(prefix), prefix),
            )

    def activities(self, limit: int) -> Sequence[ScalingActivity]:
        """Return the newest changes, newest first."""
        rows = self._connection.execute("SELECT * FROM scaling_activities ORDER BY number DESC LIMIT ?", (limit,))
        return [_activity(row) for row in rows]

    @property
    def _connection(self) -> sqlite3.Connection:
        """This thread's connection, with the tables of this module up to date."""
        connection = self._home.connection
        if not self._migrated:
            db.migrate(connection, "scaling", MIGRATIONS)
            self._migrated = True
        return connection


MIGRATIONS = (
    """
    CREATE TABLE scaling (endpoint TEXT PRIMARY KEY, document TEXT NOT NULL);
    CREATE TABLE scaling_activities (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        endpoint TEXT NOT NULL,
        started TEXT NOT NULL,
        ended TEXT,
        size_before INTEGER NOT NULL,
        size_after INTEGER NOT NULL,
        status TEXT NOT NULL,
        cause TEXT NOT NULL,
        message TEXT NOT NULL DEFAULT ''
    );
    """,
)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _activity(row: sqlite3.Row) -> ScalingActivity:
    return ScalingActivity(
        number=row["number"],
        endpoint=row["endpoint"],
        started=datetime.fromisoformat(row["started"]),
        ended=datetime.fromisoformat(row["ended"]) if row["ended"] else None,
        before=row["size_before"],
        after=row["size_after"],
        status=row["status"],
        cause=row["cause"],
        message=row["message"],
    )
