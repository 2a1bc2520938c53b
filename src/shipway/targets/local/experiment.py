"""Experiment records in the home's database."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from shipway.domain.experiment import Experiment, ExperimentNotFound
from shipway.domain.values import JsonObject, canonical
from shipway.targets.local.home import Home


class Experiments:
    """Runs by name."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def begin(self, run: str, project: str, parameters: JsonObject, record: JsonObject) -> None:
        """Record that a run has begun; a repeated call changes nothing."""
        now = datetime.now(UTC).isoformat()
        with self._home.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO experiments (run, project, status, parameters, record, started)"
                " VALUES (?,?,?,?,?,?)",
                (run, project, "running", canonical(parameters), canonical(record), now),
            )

    def measured(self, run: str, metrics: JsonObject, record: JsonObject) -> None:
        """Add what the evaluation found; names that are there already are replaced."""
        self._update(run, metrics, record, status=None)

    def end(self, run: str, status: str, record: JsonObject) -> None:
        """Record how the run ended: completed or failed."""
        self._update(run, {}, record, status=status)

    def get(self, run: str) -> Experiment:
        """Raises ExperimentNotFound."""
        row = self._home.connection.execute("SELECT * FROM experiments WHERE run=?", (run,)).fetchone()
        if row is None:
            raise ExperimentNotFound(run=run)
        return _experiment(row)

    def list(self) -> Sequence[Experiment]:
        """Return all runs, newest first."""
        rows = self._home.connection.execute("SELECT * FROM experiments ORDER BY started DESC").fetchall()
        return [_experiment(row) for row in rows]

    def _update(self, run: str, metrics: JsonObject, record: JsonObject, status: str | None) -> None:
        with self._home.transaction() as connection:
            row = connection.execute("SELECT metrics, record FROM experiments WHERE run=?", (run,)).fetchone()
            if row is None:
                raise ExperimentNotFound(run=run)
            merged = canonical(json.loads(row["metrics"]) | metrics), canonical(json.loads(row["record"]) | record)
            connection.execute("UPDATE experiments SET metrics=?, record=? WHERE run=?", (*merged, run))
            if status:
                ended = datetime.now(UTC).isoformat()
                connection.execute("UPDATE experiments SET status=?, ended=? WHERE run=?", (status, ended, run))


def _experiment(row: sqlite3.Row) -> Experiment:
    return Experiment(
        run=row["run"],
        project=row["project"],
        status=row["status"],
        parameters=json.loads(row["parameters"]),
        metrics=json.loads(row["metrics"]),
        record=json.loads(row["record"]),
        started=datetime.fromisoformat(row["started"]),
        ended=datetime.fromisoformat(row["ended"]) if row["ended"] else None,
    )
