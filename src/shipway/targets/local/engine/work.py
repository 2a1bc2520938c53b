"""The work of tasks: handing it out, taking its result, its time limits and its tokens. Inside one transaction."""

import sqlite3
from dataclasses import dataclass

from shipway.domain.asl import ErrorName
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow_execution import EventKind, TokenUnknown, TokenUsed, VisitStatus, WorkflowStatus
from shipway.targets.local.engine.rows import clean, dump, parse
from shipway.targets.local.engine.tables import Tables
from shipway.targets.local.engine.transitions import Transitions

ERROR_LIMIT, CAUSE_LIMIT = 256, 32_768  # characters, as on Step Functions


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right of one leader to do the work of one visit; a result that comes under a lost claim is not taken."""

    id: str
    visit: int
    execution: str
    state: str
    attempt: int
    key: str
    handler: str
    input: Json
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a handler ended: `result` is JSON text, or `error` is set."""

    result: str | None = None
    error: str | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The transitions of tasks."""

    tables: Tables
    transitions: Transitions

    def reclaim(self) -> int:
        """Make what a former leader handed out ready again, and return how much it was."""
        return self.tables.run(
            "UPDATE workflow_visit SET status = 'READY', claim = NULL, beat = NULL"
            " WHERE status = 'RUNNING' AND ended IS NULL"
        )

    def claim(self, room: int) -> list[Claim]:
        """Hand out up to `room` ready tasks, oldest first. The time limit begins with the first time."""
        tables = self.tables
        rows = tables.all(
            "SELECT visit.*, frame.label FROM workflow_visit visit JOIN workflow_frame frame ON frame.id = visit.frame"
            " WHERE visit.status = 'READY' AND visit.ended IS NULL ORDER BY visit.id LIMIT ?",
            room,
        )
        return [self._hand_out(row) for row in rows]

    def _hand_out(self, row: sqlite3.Row) -> Claim:
        tables = self.tables
        claim = self.transitions.sources.uuid()
        due = row["due"] if row["due"] is not None else _later(tables.now, row["timeout"])
        tables.run(
            "UPDATE workflow_visit SET status = ?, claim = ?, started = coalesce(started, ?), due = ?, beat = ?"
            " WHERE id = ?",
            *(VisitStatus.RUNNING, claim, tables.now, due, _later(tables.now, row["heartbeat"]), row["id"]),
        )
        tables.event(EventKind.TASK_STARTED, row["execution"], row, {"key": row["key"]})
        return Claim(
            id=claim, visit=row["id"], execution=row["execution"], state=row["state"], attempt=row["attempt"],
            key=row["key"], handler=row["handler"], input=parse(row["parameters"]), token=row["token"],
        )  # fmt: skip

    def report(self, claim: Claim, outcome: Outcome) -> None:
        """Take what a handler came to, unless its claim is lost (cancelled, timed out, answered, another leader)."""
        visit = self.held(claim)
        if visit is None:
            return
        if outcome.error is None and visit["token"] is not None:
            self.tables.run(
                "UPDATE workflow_visit SET status = ?, claim = NULL WHERE id = ?", VisitStatus.WAITING, claim.visit
            )
            self.tables.event(EventKind.TASK_WAITING, claim.execution, visit)
            self.transitions.lifecycle.give_way(claim.execution)
            return
        self.tables.answer(claim.visit, outcome.result, outcome.error, outcome.cause)
        self.transitions.advance([claim.visit])

    def held(self, claim: Claim) -> sqlite3.Row | None:
        """Return the visit of a claim that still holds, else None."""
        visit = self.tables.visit(claim.visit)
        return visit if visit["claim"] == claim.id and visit["status"] == VisitStatus.RUNNING else None

    def progress(self, claim: Claim, message: str) -> None:
        """Write one line of a handler into the history and count it as a heartbeat."""
        visit = self.held(claim)
        if visit is None:
            return
        self._beat(visit)
        if message:
            self.tables.event(EventKind.TASK_PROGRESS, claim.execution, visit, {"message": message})

    def go_on(self, visit: int) -> None:
        """Enter a state that is to be entered, or apply the answer that it got."""
        self.transitions.advance([visit])

    def fire(self, visit_id: int) -> None:
        """Let the time of one visit be over: its timer, its retry's delay, its time limit, its heartbeat."""
        visit = self.tables.visit(visit_id)
        now = self.tables.now
        late = visit["due"] is not None and visit["due"] <= now
        if not late and (visit["beat"] is None or visit["beat"] > now):
            return
        if visit["status"] == VisitStatus.DELAYED:
            self.tables.run(
                "UPDATE workflow_visit SET status = ?, due = NULL, entered = ? WHERE id = ?",
                *(VisitStatus.PENDING, now, visit_id),
            )
        elif visit["status"] == VisitStatus.SLEEPING:
            self.tables.answer(visit_id, "null")
        elif late:
            self.tables.answer(visit_id, None, ErrorName.TIMEOUT, f"no result within {visit['timeout']:g} s")
        else:
            cause = f"no sign of life within {visit['heartbeat']:g} s"
            self.tables.answer(visit_id, None, ErrorName.HEARTBEAT_TIMEOUT, cause)
        self.transitions.lifecycle.abort_child(visit["child"], "its parent's time limit is over")
        self.transitions.advance([visit_id])

    def expire(self, execution: str) -> None:
        """End an execution whose own TimeoutSeconds are over."""
        row = self.transitions.lifecycle.row(execution)
        if row["deadline"] is not None and row["deadline"] <= self.tables.now:
            self.transitions.lifecycle.finish(
                execution, WorkflowStatus.TIMED_OUT, error=ErrorName.TIMEOUT, cause="the time limit of the execution"
            )

    def answer_token(self, token: str, outcome: Outcome) -> None:
        """Record the answer to a token; the leader goes on from there. Raises TokenUnknown, TokenUsed."""
        visit = self._open_token(token)
        self.tables.answer(visit["id"], outcome.result, outcome.error, outcome.cause)
        detail: JsonObject = {"error": outcome.error, "cause": outcome.cause}
        if outcome.error is None:
            detail = {"output": parse(outcome.result)}
        self.tables.event(EventKind.TASK_ANSWERED, visit["execution"], visit, detail)

    def heartbeat(self, token: str) -> None:
        """Put off the heartbeat's time limit of the task behind a token. Raises TokenUnknown, TokenUsed."""
        self._beat(self._open_token(token))

    def _open_token(self, token: str) -> sqlite3.Row:
        row = self.tables.one("SELECT id FROM workflow_visit WHERE token = ?", token)
        if row is None:
            raise TokenUnknown
        visit = self.tables.visit(row["id"])
        if visit["status"] in {VisitStatus.READY, VisitStatus.RUNNING, VisitStatus.WAITING}:
            return visit
        execution = self.transitions.lifecycle.row(visit["execution"])
        ended = WorkflowStatus(execution["status"]).final and visit["status"] == VisitStatus.CANCELLED
        raise TokenUsed(
            state=visit["state"],
            execution=visit["execution"],
            status=execution["status"] if ended else visit["status"],
        )

    def _beat(self, visit: sqlite3.Row) -> None:
        if visit["heartbeat"] is not None:
            self.tables.run(
                "UPDATE workflow_visit SET beat = ? WHERE id = ?",
                *(_later(self.tables.now, visit["heartbeat"]), visit["id"]),
            )


def outcome_of(value: object) -> Outcome:
    """Return a handler's result as JSON text, or the failure that it is none."""
    try:
        return Outcome(result=dump(value))
    except (TypeError, ValueError) as error:
        return failure_of(ErrorName.RUNTIME, f"the handler's result is not JSON: {error}")


def failure_of(error: str, cause: str) -> Outcome:
    """Return a failure with its texts as a history keeps them: whole characters, of a bounded length."""
    return Outcome(error=clean(error)[:ERROR_LIMIT] or ErrorName.TASK_FAILED, cause=clean(cause)[:CAUSE_LIMIT])


def _later(now: float, seconds: float | None) -> float | None:
    return None if seconds is None else now + seconds
