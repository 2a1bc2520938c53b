"""How executions begin and end: queues, superseding, stopping what is under way, telling a parent."""

import json
import sqlite3
from dataclasses import dataclass

from shipway.domain.asl import TOP, ErrorName
from shipway.domain.values import JsonObject
from shipway.domain.workflow_execution import EventKind, VisitStatus, WorkflowStatus
from shipway.targets.local.engine.machines import Machines
from shipway.targets.local.engine.redrive import reopen_execution
from shipway.targets.local.engine.rows import dump, parse
from shipway.targets.local.engine.tables import DROPPED, OPEN, WAITS, Tables

ENDED = {
    WorkflowStatus.SUCCEEDED: EventKind.EXECUTION_SUCCEEDED,
    WorkflowStatus.FAILED: EventKind.EXECUTION_FAILED,
    WorkflowStatus.TIMED_OUT: EventKind.EXECUTION_TIMED_OUT,
    WorkflowStatus.ABORTED: EventKind.EXECUTION_ABORTED,
    WorkflowStatus.SUPERSEDED: EventKind.EXECUTION_SUPERSEDED,
}
ARN = "arn:aws:states:local:000000000000"


def execution_arn(machine: str, execution: str) -> str:
    """Return the name of an execution as the context object shows it."""
    return f"{ARN}:execution:{machine}:{execution}"


def machine_arn(machine: str) -> str:
    """Return the name of a state machine as the context object shows it."""
    return f"{ARN}:stateMachine:{machine}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """The transitions of whole executions, inside one transaction."""

    tables: Tables
    machines: Machines

    def activate(self, execution: str) -> None:
        """Let a new or queued execution run: its clock starts and its first state is to be entered."""
        tables = self.tables
        row = self.row(execution)
        machine = self.machines.get(tables, row["document"])
        limit = machine.timeout_seconds
        tables.run(
            "UPDATE workflow_execution SET status = ?, started = ?, deadline = ? WHERE id = ?",
            *(WorkflowStatus.RUNNING, tables.now, None if limit is None else tables.now + limit, execution),
        )
        tables.event(EventKind.EXECUTION_STARTED, execution, detail={"input": parse(row["input"])})
        tables.begin_frame(tables.add_frame(execution, machine=TOP, input=row["input"]), machine)

    def enqueue(self, execution: str) -> None:
        """Put a new execution into its queue: it runs at once, or when all before it have ended."""
        row = self.row(execution)
        queue = row["queue"]
        if queue is not None and row["supersede"]:
            for waiting in self._in_queue(queue, WorkflowStatus.QUEUED, before=row["number"]):
                self.finish(waiting["id"], WorkflowStatus.SUPERSEDED, cause=f"superseded by {execution}")
            for running in self._in_queue(queue, WorkflowStatus.RUNNING):
                self.give_way(running["id"])
        if self.row(execution)["status"] == WorkflowStatus.RUNNING:  # whoever gave way has let it in
            return
        if queue is not None and self._in_queue(queue, WorkflowStatus.RUNNING):
            self.tables.event(EventKind.EXECUTION_QUEUED, execution, detail={"queue": queue})
            return
        self.activate(execution)

    def finish(
        self, execution: str, status: WorkflowStatus, *, output: str | None = None, error: str = "", cause: str = ""
    ) -> None:
        """End an execution: stop what is open in it, tell its parent, let the next one of its queue run.

        output: JSON text.
        """
        tables = self.tables
        row = self.row(execution)
        tables.run(
            "UPDATE workflow_execution SET status = ?, output = ?, error = ?, cause = ?, ended = ?, deadline = NULL"
            " WHERE id = ?",
            *(status, output, error, cause, tables.now, execution),
        )
        for frame in tables.all(
            "SELECT id FROM workflow_frame WHERE execution = ? AND parent IS NULL AND status = ?", execution, OPEN
        ):
            self._drop_frame(frame["id"])
        told: JsonObject = {"output": parse(output)} if status == WorkflowStatus.SUCCEEDED else {}
        told |= {"error": error} if error else {}
        told |= {"cause": cause} if cause else {}
        tables.event(ENDED[status], execution, detail=told)
        if row["parent_visit"] is not None:
            self._tell_parent(row["parent_visit"], self.row(execution))
        if row["queue"] is not None:
            self._promote(row["queue"])

    def give_way(self, execution: str) -> bool:
        """Supersede an execution that only waits to be answered, if a newer one waits for its place.

        Returns whether it did.
        """
        row = self.row(execution)
        if row["status"] != WorkflowStatus.RUNNING or row["queue"] is None:
            return False
        newer = [other for other in self._in_queue(row["queue"], WorkflowStatus.QUEUED) if other["supersede"]]
        newer = [other for other in newer if other["number"] > row["number"]]
        if not newer or not self._only_waits(execution, json.loads(row["interruptible"])):
            return False
        self.finish(execution, WorkflowStatus.SUPERSEDED, cause=f"superseded by {newer[-1]['id']}")
        return True

    def drop_branches(self, visit: int) -> None:
        """Stop the branches of a Parallel or Map that still run or wait to run."""
        for frame in self.tables.all(
            "SELECT id FROM workflow_frame WHERE parent = ? AND status IN (?, ?)", visit, OPEN, WAITS
        ):
            self._drop_frame(frame["id"])

    def abort_child(self, child: str | None, cause: str) -> None:
        """Stop a nested execution, if there is one and it has not ended."""
        if child is not None and not WorkflowStatus(self.row(child)["status"]).final:
            self.finish(child, WorkflowStatus.ABORTED, cause=cause)

    def row(self, execution: str) -> sqlite3.Row:
        """Return the row of an execution that is known to exist."""
        row = self.tables.one("SELECT * FROM workflow_execution WHERE id = ?", execution)
        if row is None:
            raise LookupError(execution)
        return row

    def _in_queue(self, queue: str, status: WorkflowStatus, before: int | None = None) -> list[sqlite3.Row]:
        rows = self.tables.all(
            "SELECT * FROM workflow_execution WHERE queue = ? AND status = ? ORDER BY number", queue, status
        )
        return [row for row in rows if before is None or row["number"] < before]

    def _promote(self, queue: str) -> None:
        if self._in_queue(queue, WorkflowStatus.RUNNING):
            return
        for row in self._in_queue(queue, WorkflowStatus.QUEUED)[:1]:
            if row["started"] is None:
                self.activate(row["id"])
            else:
                self.resume(row["id"])

    def redrive(self, execution: str) -> None:
        """Let an execution that ended go on, at once or when its queue is free."""
        tables = self.tables
        row = self.row(execution)
        tables.run(
            "UPDATE workflow_execution SET status = ?, redrives = redrives + 1, error = '', cause = '', ended = NULL"
            " WHERE id = ?",
            *(WorkflowStatus.QUEUED, execution),
        )
        if row["queue"] is not None and self._in_queue(row["queue"], WorkflowStatus.RUNNING):
            tables.event(EventKind.EXECUTION_QUEUED, execution, detail={"queue": row["queue"]})
        elif row["started"] is None:  # it was stopped while it waited in its queue
            self.activate(execution)
        else:
            self.resume(execution)

    def resume(self, execution: str) -> None:
        """Let a redriven execution go on from the states at which it ended; its time limit starts anew."""
        tables = self.tables
        limit = self.machines.get(tables, self.row(execution)["document"]).timeout_seconds
        tables.run(
            "UPDATE workflow_execution SET status = ?, deadline = ? WHERE id = ?",
            *(WorkflowStatus.RUNNING, None if limit is None else tables.now + limit, execution),
        )
        tables.event(EventKind.EXECUTION_REDRIVEN, execution)
        reopen_execution(tables, self.machines, execution)

    def _only_waits(self, execution: str, interruptible: list[str]) -> bool:
        """Whether nothing is open but one task that waits for its token in one of these states."""
        leaves = self.tables.all(
            "SELECT state, token, status FROM workflow_visit WHERE execution = ? AND ended IS NULL AND status <> ?",
            *(execution, VisitStatus.FORKED),
        )
        waits = (VisitStatus.READY, VisitStatus.WAITING)
        return len(leaves) == 1 and all(
            leaf["token"] is not None and leaf["status"] in waits and leaf["state"] in interruptible for leaf in leaves
        )

    def _drop_frame(self, frame: int) -> None:
        tables = self.tables
        for visit in tables.all(
            "SELECT visit.*, frame.label FROM workflow_visit visit JOIN workflow_frame frame ON frame.id = visit.frame"
            " WHERE visit.frame = ? AND visit.ended IS NULL",
            frame,
        ):
            self.drop_branches(visit["id"])
            tables.close_visit(visit["id"], VisitStatus.CANCELLED)
            tables.event(EventKind.STATE_CANCELLED, visit["execution"], visit)
            self.abort_child(visit["child"], f"its parent {visit['execution']} no longer waits for it")
        tables.run("UPDATE workflow_frame SET status = ? WHERE id = ?", DROPPED, frame)

    def _tell_parent(self, visit: int, child: sqlite3.Row) -> None:
        parent = self.tables.one("SELECT handler, ended FROM workflow_visit WHERE id = ?", visit)
        if parent is None or parent["ended"] is not None:
            return
        described = describe(child, parsed=parent["handler"].endswith(":2"))
        if child["status"] == WorkflowStatus.SUCCEEDED:
            self.tables.answer(visit, dump(described))
        else:
            self.tables.answer(visit, None, ErrorName.TASK_FAILED, dump(described))


def describe(row: sqlite3.Row, *, parsed: bool) -> JsonObject:
    """Return an execution as Step Functions describes it to the state that started it.

    parsed: whether Input and Output are values (`.sync:2`) or JSON text (`.sync`). Dates: milliseconds since 1970.
    """
    described: JsonObject = {
        "ExecutionArn": execution_arn(row["machine"], row["id"]),
        "StateMachineArn": machine_arn(row["machine"]),
        "Name": row["id"],
        "Status": row["status"],
        "Input": parse(row["input"]) if parsed else row["input"],
        "RedriveCount": row["redrives"],
        "StartDate": int((row["started"] or row["created"]) * 1000),
    }
    if row["ended"] is not None:
        described["StopDate"] = int(row["ended"] * 1000)
    if row["output"] is not None:
        described["Output"] = parse(row["output"]) if parsed else row["output"]
    if row["status"] != WorkflowStatus.SUCCEEDED and row["ended"] is not None:
        described |= {"Error": row["error"], "Cause": row["cause"]}
    return described
