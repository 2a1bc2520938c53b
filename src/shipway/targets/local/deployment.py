"""Production deployments: their rows, and the loop that observes, records and acts."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from shipway.domain.deployment import (
    Deployment,
    DeploymentFinished,
    DeploymentNotFound,
    DeploymentNotHeld,
    Phase,
    Plan,
    Tally,
    weights,
)
from shipway.domain.values import JsonObject, canonical
from shipway.ports.target import DeploymentView
from shipway.targets.local.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A deployment with what it belongs to and what people asked of it."""

    deployment: Deployment
    execution: str
    release: int
    function: str
    counts: dict[str, dict[str, int]]
    abort_by: str
    promote_by: str
    started: datetime
    ended: datetime | None


class Deployments:
    """The deployments of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def begin(self, deployment: Deployment, *, execution: str, release: int, function: str) -> Record:
        """Keep a new deployment; after a crash, return the one that was begun."""
        with self._home.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO deployments (id, execution, release, function, state, started)"
                " VALUES (?,?,?,?,?,?)",
                (deployment.id, execution, release, function, _encode(deployment), deployment.since.isoformat()),
            )
        return self.get(deployment.id)

    def get(self, deployment: str) -> Record:
        """Return one; "latest" names the newest. Raises DeploymentNotFound."""
        if deployment == "latest":
            query = "SELECT * FROM deployments WHERE ?='latest' ORDER BY started DESC LIMIT 1"
        else:
            query = "SELECT * FROM deployments WHERE id=?"
        row = self._home.connection.execute(query, (deployment,)).fetchone()
        if row is None:
            raise DeploymentNotFound(deployment=deployment)
        return _record(row)

    def list(self, limit: int) -> Sequence[Record]:
        """Return the newest ones, newest first."""
        rows = self._home.connection.execute(
            "SELECT * FROM deployments ORDER BY started DESC LIMIT ?", (limit,)
        ).fetchall()
        return [_record(row) for row in rows]

    def save(self, deployment: Deployment, counts: dict[str, dict[str, int]] | None) -> None:
        """Keep where a deployment is, before anything acts on it. counts: None leaves the last ones."""
        ended = deployment.since.isoformat() if deployment.phase.final else None
        with self._home.transaction() as connection:
            connection.execute(
                "UPDATE deployments SET state=?, counts=coalesce(?, counts), final=?, ended=coalesce(ended, ?)"
                " WHERE id=? AND final=0",
                (
                    _encode(deployment),
                    canonical(counts) if counts is not None else None,
                    deployment.phase.final,
                    ended,
                    deployment.id,
                ),
            )

    def abort(self, deployment: str, by: str) -> None:
        """Ask for a rollback; asking twice is asking once. Raises DeploymentNotFound, DeploymentFinished."""
        found = self.get(deployment).deployment
        if found.phase is Phase.ROLLED_BACK:
            return
        if found.phase is Phase.SUCCEEDED:
            raise DeploymentFinished(deployment=found.id, phase=found.phase)
        with self._home.transaction() as connection:
            connection.execute("UPDATE deployments SET abort_by=? WHERE id=? AND abort_by=''", (by, found.id))

    def promote(self, deployment: str, by: str) -> None:
        """Let a held deployment go on. Raises DeploymentNotFound, DeploymentFinished, DeploymentNotHeld."""
        found = self.get(deployment).deployment
        if found.phase.final:
            raise DeploymentFinished(deployment=found.id, phase=found.phase)
        if found.phase is not Phase.HELD:
            raise DeploymentNotHeld(deployment=found.id, phase=found.phase)
        with self._home.transaction() as connection:
            connection.execute("UPDATE deployments SET promote_by=? WHERE id=?", (by, found.id))

    def expect_hook(self, hook_id: str, deployment: str, hook: str) -> str:
        """Return what a hook has said so far ("pending" at first), making its row when it is new."""
        now = datetime.now(UTC).isoformat()
        with self._home.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO hooks VALUES (?,?,?,'pending',?)", (hook_id, deployment, hook, now)
            )
        return self.hook(hook_id)

    def hook(self, hook_id: str) -> str:
        """Return what a hook has said: pending, Succeeded, Failed, Skipped or Unknown. Raises DeploymentNotFound."""
        row = self._home.connection.execute("SELECT status FROM hooks WHERE id=?", (hook_id,)).fetchone()
        if row is None:
            raise DeploymentNotFound(deployment=hook_id)
        return str(row["status"])

    def answer_hook(self, deployment: str, hook_id: str, status: str) -> None:
        """Write down a hook's word; only its first one counts. Raises DeploymentNotFound."""
        with self._home.transaction() as connection:
            changed = connection.execute(
                "UPDATE hooks SET status=?, at=? WHERE id=? AND deployment=? AND status='pending'",
                (status, datetime.now(UTC).isoformat(), hook_id, deployment),
            ).rowcount
        if not changed and self.hook(hook_id) == "pending":
            raise DeploymentNotFound(deployment=deployment)


def view(record: Record) -> DeploymentView:
    """Return a deployment as people see it."""
    return DeploymentView(
        id=record.deployment.id,
        execution=record.execution,
        release=record.release,
        phase=str(record.deployment.phase),
        weights=weights(record.deployment),
        counts=record.counts,
        sentence=record.deployment.sentence,
        started=record.started,
        ended=record.ended,
    )


def _encode(deployment: Deployment) -> str:
    fields: JsonObject = asdict(deployment)
    fields["since"] = deployment.since.isoformat()
    fields["plan"] = {**asdict(deployment.plan), "bake": deployment.plan.bake.total_seconds()}
    return canonical(fields)


def _decode(text: str) -> Deployment:
    fields = json.loads(text)
    plan = fields.pop("plan")
    return Deployment(
        **fields
        | {
            "plan": Plan(**plan | {"bake": timedelta(seconds=plan["bake"])}),
            "phase": Phase(fields["phase"]),
            "since": datetime.fromisoformat(fields["since"]),
            "before": Tally(**fields["before"]),
        }
    )


def _record(row: sqlite3.Row) -> Record:
    return Record(
        deployment=_decode(row["state"]),
        execution=row["execution"],
        release=row["release"],
        function=row["function"],
        counts=json.loads(row["counts"]),
        abort_by=row["abort_by"],
        promote_by=row["promote_by"],
        started=datetime.fromisoformat(row["started"]),
        ended=datetime.fromisoformat(row["ended"]) if row["ended"] else None,
    )
