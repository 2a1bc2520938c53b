"""Production deployments: their rows, and the loop that observes, records and acts."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from shipway.domain.deployment import (
    DONE,
    Ask,
    Deployment,
    DeploymentFinished,
    DeploymentNotFound,
    DeploymentNotHeld,
    Order,
    OrderUnfit,
    Phase,
    decode,
    encode,
    fitting,
    weights,
)
from shipway.domain.values import JsonObject, canonical
from shipway.ports.target import DeploymentView
from shipway.targets.local import db
from shipway.targets.local.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A deployment with what it belongs to and what people asked of it.

    counts: what each version has answered, for people. judge: how far its evidence was judged, for the judge.
    """

    deployment: Deployment
    execution: str
    release: int
    function: str
    counts: dict[str, dict[str, int]]
    judge: JsonObject
    orders: tuple[Order, ...]
    started: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What goes into a deployment's row beside its phase. Each is left as it was when it is None."""

    counts: dict[str, dict[str, int]] | None = None
    judge: JsonObject | None = None


class Deployments:
    """The deployments of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._migrated = False

    def begin(self, deployment: Deployment, *, execution: str, release: int, function: str) -> Record:
        """Keep a new deployment; after a crash, return the one that was begun."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO deployments (id, execution, release, function, state, started)"
                " VALUES (?,?,?,?,?,?)",
                (
                    deployment.id,
                    execution,
                    release,
                    function,
                    canonical(encode(deployment)),
                    deployment.since.isoformat(),
                ),
            )
        return self.get(deployment.id)

    def get(self, deployment: str) -> Record:
        """Return one; "latest" names the newest. Raises DeploymentNotFound."""
        if deployment == "latest":
            query = "SELECT * FROM deployments WHERE ?='latest' ORDER BY started DESC LIMIT 1"
        else:
            query = "SELECT * FROM deployments WHERE id=?"
        row = self._connection.execute(query, (deployment,)).fetchone()
        if row is None:
            raise DeploymentNotFound(deployment=deployment)
        return self._record(row)

    def list(self, limit: int) -> Sequence[Record]:
        """Return the newest ones, newest first."""
        rows = self._connection.execute("SELECT * FROM deployments ORDER BY started DESC LIMIT ?", (limit,)).fetchall()
        return [self._record(row) for row in rows]

    def open(self) -> Sequence[Record]:
        """Return those that have not ended, newest first."""
        rows = self._connection.execute("SELECT * FROM deployments WHERE final=0 ORDER BY started DESC").fetchall()
        return [self._record(row) for row in rows]

    def orders(self, deployment: str) -> tuple[Order, ...]:
        """Return what people asked of one, in the order of asking."""
        rows = self._connection.execute(
            "SELECT * FROM deployment_orders WHERE deployment=? ORDER BY number", (deployment,)
        ).fetchall()
        return tuple(Order(number=row["number"], ask=Ask(row["ask"]), by=row["by"]) for row in rows)

    def save(self, deployment: Deployment, seen: Seen) -> None:
        """Keep where a deployment is, before anything acts on it."""
        ended = deployment.since.isoformat() if deployment.phase.final else None
        with self._transaction() as connection:
            connection.execute(
                "UPDATE deployments SET state=?, counts=coalesce(?, counts), judge=coalesce(?, judge), final=?,"
                " ended=coalesce(ended, ?) WHERE id=? AND final=0",
                (
                    canonical(encode(deployment)),
                    canonical(seen.counts) if seen.counts is not None else None,
                    canonical(seen.judge) if seen.judge is not None else None,
                    deployment.phase.final,
                    ended,
                    deployment.id,
                ),
            )

    def order(self, deployment: str, ask: Ask, by: str) -> str:
        """Write down what somebody asks of a deployment and return the deployment's id; its rollout follows.

        An abort of what is going back, or has gone, is asking once more for what happens anyhow.
        Raises DeploymentNotFound, DeploymentFinished, DeploymentNotHeld, OrderUnfit.
        """
        found = self.get(deployment).deployment
        if ask is Ask.ABORT and found.phase in (Phase.ROLLING_BACK, Phase.ROLLED_BACK):
            return found.id
        if found.phase.final:
            raise DeploymentFinished(deployment=found.id, phase=found.phase)
        if ask not in fitting(found.phase):
            if ask is Ask.PROMOTE:
                raise DeploymentNotHeld(deployment=found.id, phase=found.phase)
            can = ", ".join(fitting(found.phase)) or "nothing"
            raise OrderUnfit(deployment=found.id, phase=found.phase, done=DONE[ask], fitting=can)
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO deployment_orders (deployment, ask, by, at) VALUES (?,?,?,?)",
                (found.id, ask, by, datetime.now(UTC).isoformat()),
            )
        return found.id

    def expect_hook(self, hook_id: str, deployment: str, hook: str) -> str:
        """Return what a hook has said so far ("pending" at first), making its row when it is new."""
        now = datetime.now(UTC).isoformat()
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO hooks VALUES (?,?,?,'pending',?)", (hook_id, deployment, hook, now)
            )
        return self.hook(hook_id)

    def hook(self, hook_id: str) -> str:
        """Return what a hook has said: pending, Succeeded, Failed, Skipped or Unknown. Raises DeploymentNotFound."""
        row = self._connection.execute("SELECT status FROM hooks WHERE id=?", (hook_id,)).fetchone()
        if row is None:
            raise DeploymentNotFound(deployment=hook_id)
        return str(row["status"])

    def answer_hook(self, deployment: str, hook_id: str, status: str) -> None:
        """Write down a hook's word; only its first one counts. Raises DeploymentNotFound."""
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE hooks SET status=?, at=? WHERE id=? AND deployment=? AND status='pending'",
                (status, datetime.now(UTC).isoformat(), hook_id, deployment),
            ).rowcount
        if not changed and self.hook(hook_id) == "pending":
            raise DeploymentNotFound(deployment=deployment)

    @property
    def _connection(self) -> sqlite3.Connection:
        """This thread's connection, with the tables of this module up to date."""
        connection = self._home.connection
        if not self._migrated:
            db.migrate(connection, "deployments", MIGRATIONS)
            self._migrated = True
        return connection

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return db.transaction(self._connection)

    def _record(self, row: sqlite3.Row) -> Record:
        return Record(
            deployment=decode(json.loads(row["state"])),
            execution=row["execution"],
            release=row["release"],
            function=row["function"],
            counts=json.loads(row["counts"]),
            judge=json.loads(row["judge"]),
            orders=self.orders(row["id"]),
            started=datetime.fromisoformat(row["started"]),
            ended=datetime.fromisoformat(row["ended"]) if row["ended"] else None,
        )


MIGRATIONS = (
    """
    ALTER TABLE deployments ADD COLUMN judge TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE deployments DROP COLUMN abort_by;
    ALTER TABLE deployments DROP COLUMN promote_by;
    CREATE TABLE deployment_orders (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        deployment TEXT NOT NULL,
        ask TEXT NOT NULL,
        by TEXT NOT NULL,
        at TEXT NOT NULL
    );
    CREATE INDEX deployment_orders_of ON deployment_orders (deployment);
    """,
)


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
