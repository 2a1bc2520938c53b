"""The writes that every transition is made of. Each works inside the caller's transaction."""

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from shipway.domain.asl import TOP, StateMachine
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow_execution import EventKind, VisitStatus
from shipway.targets.local.engine.rows import dump

OPEN, WAITS, DONE, BROKEN, DROPPED = "OPEN", "WAITS", "DONE", "FAILED", "CANCELLED"  # what a frame can be


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """One transaction at one moment. now: seconds since 1970."""

    connection: sqlite3.Connection
    now: float

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """Return the first row of a query, None when there is none."""
        row: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self.connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> int:
        """Run one statement and return how many rows it changed."""
        return self.connection.execute(sql, values).rowcount

    def keep_document(self, body: str) -> str:
        """Keep a document once, whoever uses it, and return its digest."""
        digest = hashlib.sha256(body.encode()).hexdigest()
        self.run("INSERT OR IGNORE INTO workflow_document VALUES (?, ?)", digest, body)
        return digest

    def event(
        self,
        kind: EventKind,
        execution: str,
        visit: sqlite3.Row | None = None,
        detail: Mapping[str, Json] | None = None,
    ) -> None:
        """Add one line to the history of an execution. visit: a row with its frame's label."""
        place = (visit["id"], visit["label"], visit["state"], visit["attempt"]) if visit else (None, "", "", 0)
        self.run(
            "INSERT INTO workflow_event (execution, at, kind, visit, path, state, attempt, detail)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(execution, self.now, kind, *place, dump(detail or {})),
        )

    def visit(self, identifier: int) -> sqlite3.Row:
        """Return one visit with its frame's label, machine, context and variables, and its execution's document."""
        row = self.one(
            "SELECT visit.*, frame.label, frame.machine, frame.context, frame.variables, execution.document"
            " FROM workflow_visit visit JOIN workflow_frame frame ON frame.id = visit.frame"
            " JOIN workflow_execution execution ON execution.id = visit.execution WHERE visit.id = ?",
            identifier,
        )
        if row is None:
            raise LookupError(identifier)
        return row

    def add_frame(  # noqa: PLR0913 - the columns of a row
        self, execution: str, *, machine: str, input: str, parent: int | None = None, position: int = 0,  # noqa: A002
        label: str = "", context: JsonObject | None = None, variables: str = "{}", status: str = OPEN,
    ) -> int:  # fmt: skip
        """Open one scope of states and return its id. input, variables: JSON text."""
        cursor = self.connection.execute(
            "INSERT INTO workflow_frame (execution, parent, position, label, machine, status, input, context,"
            " variables) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (execution, parent, position, label, machine, status, input, dump(context or {}), variables),
        )
        return int(cursor.lastrowid or 0)

    def add_visit(  # noqa: PLR0913 - the columns of a row
        self, execution: str, frame: int, state: str, type: str, input: str, *,  # noqa: A002
        attempt: int = 1, retries: tuple[int, ...] = (), due: float | None = None,
    ) -> int:  # fmt: skip
        """Write down that a state is to be entered, at once or when it is due, and return the visit's id."""
        status = VisitStatus.PENDING if due is None else VisitStatus.DELAYED
        cursor = self.connection.execute(
            "INSERT INTO workflow_visit (execution, frame, state, type, attempt, retries, status, input, entered, due)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (execution, frame, state, type, attempt, dump(retries), status, input, self.now, due),
        )
        return int(cursor.lastrowid or 0)

    def begin_frame(self, frame: int, machines: StateMachine) -> int:
        """Write down that a scope's first state is to be entered and return the visit's id."""
        row = self.one("SELECT * FROM workflow_frame WHERE id = ?", frame)
        if row is None:
            raise LookupError(frame)
        scope = machines.machine(row["machine"] or TOP)
        first = scope.states[scope.start]
        return self.add_visit(row["execution"], frame, first.name, first.type, row["input"])

    def answer(self, visit: int, result: str | None, error: str | None = None, cause: str | None = None) -> bool:
        """Record the result (JSON text) or the error of an open visit; return whether it was still open."""
        return bool(
            self.run(
                "UPDATE workflow_visit SET status = 'ANSWERED', result = ?, error = ?, cause = ?, due = NULL,"
                " beat = NULL, claim = NULL WHERE id = ? AND ended IS NULL AND status <> 'ANSWERED'",
                *(result, error, cause, visit),
            )
        )

    def close_visit(
        self, visit: int, status: VisitStatus, output: str | None = None, error: str = "", cause: str = ""
    ) -> None:
        """End a visit. output: JSON text."""
        self.run(
            "UPDATE workflow_visit SET status = ?, output = ?, error = ?, cause = ?, ended = ?, due = NULL,"
            " beat = NULL, claim = NULL WHERE id = ?",
            *(status, output, error or None, cause or None, self.now, visit),
        )
