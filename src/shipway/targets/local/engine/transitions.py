"""From one durable state to the next: the interpreter's decisions, written down as rows.

Every wait is a row that says what it waits for. Whatever ends a wait writes an answer into that row; `advance`
applies answers, enters states and goes on until everything waits again.
"""

import json
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from shipway.domain import asl
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow_execution import (
    DATA_LIMIT,
    STATE_LIMIT,
    EventKind,
    VisitStatus,
    WorkflowStatus,
    task_key,
)
from shipway.targets.local.engine.lifecycle import Lifecycle, execution_arn, machine_arn
from shipway.targets.local.engine.redrive import admit
from shipway.targets.local.engine.rows import dump, hide_token, moment, parse, stamp
from shipway.targets.local.engine.tables import BROKEN, DONE, WAITS, Tables

AT_ONCE = 200  # states in one transaction; a longer run of instant states lets other writers in between
LONGEST = 1e9  # seconds that a wait or a delay can last, some thirty years: later dates are no dates
TOKEN_SUFFIX = ".waitForTaskToken"  # noqa: S105 - the language's word
ROLE = "arn:aws:iam::000000000000:role/shipway"

Decision = TypeVar("Decision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where chance and the JSONata language come from. random: [0, 1); uuid, token: fresh texts."""

    random: Callable[[], float]
    uuid: Callable[[], str]
    token: Callable[[], str]
    jsonata: asl.Jsonata | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """The transitions of visits, inside one transaction."""

    tables: Tables
    lifecycle: Lifecycle
    sources: Sources
    state_limit: int = STATE_LIMIT

    def advance(self, visits: Iterable[int]) -> None:
        """Enter or leave the states of these visits and all that follow at once.

        What is left after AT_ONCE states stays in the tables, to be found again.
        """
        agenda = deque(visits)
        touched: set[str] = set()
        for _ in range(AT_ONCE):
            if not agenda:
                break
            visit = self.tables.visit(agenda.popleft())
            touched.add(visit["execution"])
            if visit["status"] == VisitStatus.PENDING:
                agenda.extend(self._enter(visit))
            elif visit["status"] == VisitStatus.ANSWERED:
                agenda.extend(self._leave(visit))
        for execution in touched:
            self.lifecycle.give_way(execution)

    def _enter(self, visit: sqlite3.Row) -> list[int]:
        tables = self.tables
        counted = tables.one(
            "UPDATE workflow_execution SET states = states + 1 WHERE id = ? RETURNING states", visit["execution"]
        )
        if counted and counted["states"] > self.state_limit:
            cause = f"the execution entered more than {self.state_limit} states: is there a loop without an end?"
            self.lifecycle.finish(visit["execution"], WorkflowStatus.FAILED, error=asl.ErrorName.RUNTIME, cause=cause)
            return []
        tables.event(EventKind.STATE_ENTERED, visit["execution"], visit, {"input": parse(visit["input"])})
        resource = self._machine(visit).state(visit["machine"], visit["state"]).fields.get("Resource")
        if isinstance(resource, str) and resource.endswith(TOKEN_SUFFIX):
            tables.run("UPDATE workflow_visit SET token = ? WHERE id = ?", self.sources.token(), visit["id"])
            visit = tables.visit(visit["id"])
        machine, context, env = self._surroundings(visit)
        place = (machine, visit["machine"], visit["state"], parse(visit["input"]))
        return self._apply(visit, _guarded(lambda: asl.enter(*place, context, env)))

    def _leave(self, visit: sqlite3.Row) -> list[int]:
        """Apply the answer that a visit got."""
        if visit["error"] is not None:
            return self._apply(visit, asl.Failed(error=visit["error"], cause=visit["cause"] or ""))
        if visit["type"] not in {"Parallel", "Map"} and (failed := _too_large(visit["result"], "the result")):
            return self._apply(visit, failed)
        machine, context, env = self._surroundings(visit)
        place = (machine, visit["machine"], visit["state"], parse(visit["input"]), parse(visit["result"]))
        return self._apply(visit, _guarded(lambda: asl.complete(*place, context, env)))

    def _apply(self, visit: sqlite3.Row, step: asl.Step) -> list[int]:
        """Write down what a state asks for or where it goes; return the visits to go on with."""
        match step:
            case asl.Run():
                return self._schedule(visit, step)
            case asl.Sleep():
                return self._sleep(visit, step)
            case asl.Fork():
                return self._fork(visit, step)
            case asl.Failed():
                return self._failed(visit, step)
            case asl.Next() | asl.End():
                text = dump(step.output)
                if failed := _too_large(text, "the output"):
                    return self._failed(visit, failed)
                return self._succeeded(visit, step, text)

    def _schedule(self, visit: sqlite3.Row, run: asl.Run) -> list[int]:
        parameters = dump(run.parameters)
        if failed := _too_large(parameters, "the input of the task"):
            return self._failed(visit, failed)
        self.tables.run(
            "UPDATE workflow_visit SET status = ?, parameters = ?, handler = ?, resource = ?, timeout = ?,"
            " heartbeat = ?, key = ? WHERE id = ?",
            *(VisitStatus.READY, parameters, run.handler, run.resource, run.timeout_seconds, run.heartbeat_seconds),
            *(task_key(visit["execution"], visit["state"], visit["id"]), visit["id"]),
        )
        shown = parse(hide_token(parameters, visit["token"]))
        detail: JsonObject = {"resource": run.resource, "parameters": shown}
        self.tables.event(EventKind.STATE_SCHEDULED, visit["execution"], visit, detail)
        return []

    def _sleep(self, visit: sqlite3.Row, sleep: asl.Sleep) -> list[int]:
        tables = self.tables
        seconds = min(sleep.seconds or 0, LONGEST)
        due = stamp(sleep.until) if sleep.until is not None else tables.now + seconds
        detail: JsonObject = {"due": moment(due).isoformat()}
        tables.run("UPDATE workflow_visit SET status = ?, due = ? WHERE id = ?", VisitStatus.SLEEPING, due, visit["id"])
        tables.event(EventKind.STATE_SCHEDULED, visit["execution"], visit, detail)
        if due > tables.now:
            return []
        tables.answer(visit["id"], "null")
        return [visit["id"]]

    def _fork(self, visit: sqlite3.Row, fork: asl.Fork) -> list[int]:
        """Create every branch before any is entered, so that a fast one cannot find its siblings missing."""
        tables = self.tables
        outer = json.loads(visit["context"])
        prefix = f"{visit['label']}/" if visit["label"] else ""
        for position, branch in enumerate(fork.branches):
            tables.add_frame(
                visit["execution"], parent=visit["id"], position=position, machine=branch.machine, status=WAITS,
                label=f"{prefix}{visit['state']}/{position}", input=dump(branch.input),
                context={**outer, **branch.context}, variables=visit["variables"],
            )  # fmt: skip
        tables.run(
            "UPDATE workflow_visit SET status = ?, concurrency = ?, tolerance = ? WHERE id = ?",
            *(VisitStatus.FORKED, fork.max_concurrency, fork.tolerance, visit["id"]),
        )
        detail: JsonObject = {"branches": len(fork.branches)}
        tables.event(EventKind.STATE_SCHEDULED, visit["execution"], visit, detail)
        return admit(tables, self.lifecycle.machines, tables.visit(visit["id"]))

    def _failed(self, visit: sqlite3.Row, failed: asl.Failed) -> list[int]:
        """Retry, catch, or let the scope fail."""
        tables = self.tables
        machine, context, env = self._surroundings(visit)
        retries = tuple(json.loads(visit["retries"]))
        place = (machine, visit["machine"], visit["state"], parse(visit["input"]), failed.error, failed.cause, retries)
        recovery = _guarded(lambda: asl.recover(*place, context, env))
        detail: JsonObject = {"error": failed.error, "cause": failed.cause}
        if isinstance(recovery, asl.Retry):
            delay = min(recovery.delay_seconds, LONGEST)
            tables.close_visit(visit["id"], VisitStatus.RETRIED, error=failed.error, cause=failed.cause)
            tables.event(EventKind.STATE_RETRIED, visit["execution"], visit, {**detail, "delay": delay})
            again = tables.add_visit(
                visit["execution"], visit["frame"], visit["state"], visit["type"], visit["input"],
                attempt=visit["attempt"] + 1, retries=recovery.retries, due=tables.now + delay if delay > 0 else None,
            )  # fmt: skip
            return [again]
        if isinstance(recovery, asl.Failed):
            tables.close_visit(visit["id"], VisitStatus.FAILED, error=failed.error, cause=failed.cause)
            tables.event(EventKind.STATE_FAILED, visit["execution"], visit, detail)
            return self._frame_failed(visit, failed if recovery.error == failed.error else recovery)
        text = dump(recovery.output)
        tables.close_visit(visit["id"], VisitStatus.CAUGHT, text, error=failed.error, cause=failed.cause)
        following = recovery.state if isinstance(recovery, asl.Next) else None
        tables.event(EventKind.STATE_CAUGHT, visit["execution"], visit, {**detail, "next": following})
        return self._follow(visit, recovery, text)

    def _succeeded(self, visit: sqlite3.Row, step: asl.Next | asl.End, output: str) -> list[int]:
        self.tables.close_visit(visit["id"], VisitStatus.SUCCEEDED, output)
        self.tables.event(EventKind.STATE_SUCCEEDED, visit["execution"], visit, {"output": step.output})
        return self._follow(visit, step, output)

    def _follow(self, visit: sqlite3.Row, step: asl.Next | asl.End, output: str) -> list[int]:
        """Go to the next state, or end the scope."""
        if isinstance(step, asl.End):
            return self._frame_done(visit, output)
        self.tables.run(
            "UPDATE workflow_frame SET variables = ? WHERE id = ?", dump(dict(step.variables)), visit["frame"]
        )
        machine = self._machine(visit)
        state = machine.state(visit["machine"], step.state)
        return [self.tables.add_visit(visit["execution"], visit["frame"], state.name, state.type, output)]

    def _frame_done(self, visit: sqlite3.Row, output: str) -> list[int]:
        frame = self._end_frame(visit["frame"], DONE, output=output)
        if frame["parent"] is None:
            self.lifecycle.finish(visit["execution"], WorkflowStatus.SUCCEEDED, output=output)
            return []
        return admit(self.tables, self.lifecycle.machines, self.tables.visit(frame["parent"]))

    def _frame_failed(self, visit: sqlite3.Row, failed: asl.Failed) -> list[int]:
        frame = self._end_frame(visit["frame"], BROKEN, error=failed.error, cause=failed.cause)
        if frame["parent"] is None:
            self.lifecycle.finish(visit["execution"], WorkflowStatus.FAILED, error=failed.error, cause=failed.cause)
            return []
        fork = self.tables.visit(frame["parent"])
        broken = self.tables.all(
            "SELECT error, cause FROM workflow_frame WHERE parent = ? AND status = ? ORDER BY ended", fork["id"], BROKEN
        )
        failure = asl.failures(fork["tolerance"], [asl.Failed(error=b["error"], cause=b["cause"]) for b in broken])
        if failure is None:
            return admit(self.tables, self.lifecycle.machines, fork)
        self.lifecycle.drop_branches(fork["id"])
        self.tables.answer(fork["id"], None, failure.error, failure.cause)
        return [fork["id"]]

    def _end_frame(
        self, frame: int, status: str, *, output: str | None = None, error: str = "", cause: str = ""
    ) -> sqlite3.Row:
        """End a scope; `ended` numbers the scopes of one fork in the order of their end."""
        row = self.tables.one(
            "UPDATE workflow_frame SET status = ?, output = ?, error = ?, cause = ?, ended ="
            " (SELECT coalesce(max(ended), 0) + 1 FROM workflow_frame AS other"
            " WHERE other.parent = workflow_frame.parent) WHERE id = ? RETURNING *",
            *(status, output, error, cause, frame),
        )
        if row is None:
            raise LookupError(frame)
        return row

    def _machine(self, visit: sqlite3.Row) -> asl.StateMachine:
        return self.lifecycle.machines.get(self.tables, visit["document"])

    def _surroundings(self, visit: sqlite3.Row) -> tuple[asl.StateMachine, JsonObject, asl.Env]:
        """Return the machine, the context object and the environment of a visit."""
        row = self.lifecycle.row(visit["execution"])
        context: JsonObject = {
            "Execution": {
                "Id": execution_arn(row["machine"], row["id"]),
                "Input": parse(row["input"]),
                "Name": row["id"],
                "RoleArn": ROLE,
                "StartTime": _iso(moment(row["started"] or row["created"])),
                "RedriveCount": row["redrives"],
            },
            "State": {
                "EnteredTime": _iso(moment(visit["entered"])),
                "Name": visit["state"],
                "RetryCount": sum(json.loads(visit["retries"])),
            },
            "StateMachine": {"Id": machine_arn(row["machine"]), "Name": row["machine"]},
        }
        if visit["token"] is not None:
            context["Task"] = {"Token": visit["token"]}
        env = asl.Env(
            variables=json.loads(visit["variables"]),
            now=moment(self.tables.now),
            random=self.sources.random,
            uuid=self.sources.uuid,
            jsonata=self.sources.jsonata,
        )
        return self._machine(visit), {**context, **json.loads(visit["context"])}, env


def _guarded(decide: Callable[[], Decision]) -> Decision | asl.Failed:
    """Return a decision; a defect of the interpreter fails the state that met it, and nothing else."""
    try:
        return decide()
    except Exception as error:  # noqa: BLE001 - one execution's trouble must not stop the others
        return asl.Failed(error=asl.ErrorName.RUNTIME, cause=f"{type(error).__name__}: {error}")


def _too_large(text: str | None, what: str) -> asl.Failed | None:
    size = len((text or "").encode())
    if size <= DATA_LIMIT:
        return None
    cause = f"{what} has {size} bytes, the limit is {DATA_LIMIT}: keep large data in the store and pass its s3:// name"
    return asl.Failed(error=asl.ErrorName.DATA_LIMIT, cause=cause)


def _iso(time: datetime) -> Json:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
