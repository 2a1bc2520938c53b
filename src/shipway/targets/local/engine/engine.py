"""The durable engine of one machine: `ports.workflow.Workflows` over a journal in SQLite."""

import builtins
import sqlite3
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Never, TypeVar

from shipway.domain.asl import Jsonata, load
from shipway.domain.pipeline import ExecutionFinished, ExecutionNotFailed, ExecutionNotFound
from shipway.domain.schedule import Schedule
from shipway.domain.values import Json
from shipway.domain.workflow_execution import (
    STATE_LIMIT,
    Event,
    ExecutionNameInvalid,
    Handler,
    Visit,
    WorkflowExecution,
    WorkflowStatus,
    is_execution_name,
)
from shipway.targets.local.engine import rows, schedules
from shipway.targets.local.engine.clock import Clock, SystemClock
from shipway.targets.local.engine.journal import Journal
from shipway.targets.local.engine.leader import leadership
from shipway.targets.local.engine.loop import Leader
from shipway.targets.local.engine.nested import HANDLED, Nested, Resolver
from shipway.targets.local.engine.session import Sessions, system_sources
from shipway.targets.local.engine.starts import PLAIN_MACHINE, Order, create, input_text
from shipway.targets.local.engine.work import Outcome, Work, failure_of

Value = TypeVar("Value")


class Engine:
    """Runs state machines durably. Any number of processes may hold one; the one in `run` that has the lock works.

    path: the database file. handlers: what does the work of a Task, by the part of its Resource after
    `arn:aws:states:::` (or the whole ARN of another kind); a process that only asks and tells needs none.
    workers: how many handlers run at a time. state_limit: how many states one execution may enter.
    resolver: documents of nested executions that are not registered.
    Usable from every thread. Close it, or use it as a context manager.
    """

    def __init__(  # noqa: PLR0913 - each is a part that a caller may bring
        self,
        path: Path,
        handlers: Mapping[str, Handler],
        *,
        clock: Clock | None = None,
        workers: int = 16,
        jsonata: Jsonata | None = None,
        resolver: Resolver | None = None,
        state_limit: int = STATE_LIMIT,
    ) -> None:
        self._handlers = dict(handlers)
        self._workers = workers
        self._journal = Journal(path)
        sources = replace(system_sources(), jsonata=jsonata)
        self._sessions = Sessions(
            journal=self._journal, clock=clock or SystemClock(), sources=sources, state_limit=state_limit
        )
        self._nested = Nested(sessions=self._sessions, resolver=resolver)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the journal; safe to repeat. Stop `run` first."""
        self._journal.close()

    def run(self, stop: threading.Event) -> None:
        """Wait to be the leader, then work until `stop` is set. Blocks; one call at a time in a process."""
        with leadership(self._journal.path, stop) as leads:
            if leads:
                Leader(self._sessions, self._handlers, self._nested, self._workers, stop).lead()

    def wake(self) -> None:
        """Let `run` look around now; it also sees `stop` by itself within a quarter of a second."""
        self._journal.ring()

    def register(self, name: str, document: Json) -> None:
        """See `Workflows.register`."""
        if not is_execution_name(name):
            raise ExecutionNameInvalid(name=name)
        body = self._checked(document)
        with self._sessions.open() as work:
            digest = work.tables.keep_document(body)
            work.tables.run("INSERT OR REPLACE INTO workflow_machine VALUES (?, ?)", name, digest)

    def start(  # noqa: PLR0913 - the port's
        self,
        document: Json,
        input: Json,  # noqa: A002 - the port's
        *,
        name: str | None = None,
        queue: str | None = None,
        supersede: bool = False,
        interruptible: frozenset[str] = frozenset(),
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """See `Workflows.start`."""
        body, text = self._checked(document), input_text(input)
        with self._sessions.open() as work:
            digest = work.tables.keep_document(body)
            known = work.tables.one("SELECT name FROM workflow_machine WHERE document = ? ORDER BY name", digest)
            order = Order(
                id=str(uuid.uuid4()) if name is None else name,
                machine=known["name"] if known else PLAIN_MACHINE,
                document=digest,
                input=text,
                queue=queue,
                supersede=supersede,
                interruptible=interruptible,
                tags=tags or {},
            )
            create(work.transitions.lifecycle, order)
        return order.id

    def signal(self, token: str, output: Json) -> None:
        """See `Workflows.signal`."""
        outcome = Outcome(result=input_text(output))
        with self._sessions.open() as work:
            work.answer_token(token, outcome)

    def fail_token(self, token: str, error: str, cause: str = "") -> None:
        """See `Workflows.fail_token`."""
        with self._sessions.open() as work:
            work.answer_token(token, failure_of(error, cause))

    def heartbeat(self, token: str) -> None:
        """See `Workflows.heartbeat`."""
        with self._sessions.open() as work:
            work.heartbeat(token)

    def cancel(self, execution: str, cause: str = "") -> None:
        """See `Workflows.cancel`."""
        with self._sessions.open() as work:
            status = _status(work, execution)
            if status.final:
                raise ExecutionFinished(execution=execution, status=status)
            work.transitions.lifecycle.finish(execution, WorkflowStatus.ABORTED, cause=cause)

    def redrive(self, execution: str) -> None:
        """See `Workflows.redrive`."""
        with self._sessions.open() as work:
            status = _status(work, execution)
            if not status.redrivable:
                raise ExecutionNotFailed(execution=execution, status=status)
            work.transitions.lifecycle.redrive(execution)

    def get(self, execution: str) -> WorkflowExecution:
        """See `Workflows.get`."""
        found = self._query(rows.execution, f"{rows.EXECUTIONS} WHERE id = ?", execution)
        if not found:
            raise ExecutionNotFound(execution=execution)
        return found[0]

    def children(self, execution: str) -> Sequence[WorkflowExecution]:
        """See `Workflows.children`."""
        return self._query(rows.execution, f"{rows.EXECUTIONS} WHERE parent = ? ORDER BY number", execution)

    def visits(self, execution: str) -> Sequence[Visit]:
        """See `Workflows.visits`."""
        found = self._query(rows.visit, f"{rows.VISITS} WHERE visit.execution = ? ORDER BY visit.id", execution)
        return found or self._nothing_of(execution)

    def history(self, execution: str, after: int = 0) -> Sequence[Event]:
        """See `Workflows.history`."""
        where = "WHERE execution = ? AND number > ? ORDER BY number"
        return self._query(rows.event, f"{rows.EVENTS} {where}", execution, after) or self._nothing_of(execution)

    def document(self, execution: str) -> Json:
        """See `Workflows.document`."""
        sql = "SELECT body FROM workflow_document WHERE digest = (SELECT document FROM workflow_execution WHERE id = ?)"
        found = self._query(lambda row: rows.parse(row["body"]), sql, execution)
        if not found:
            raise ExecutionNotFound(execution=execution)
        return found[0]

    def schedule(self, schedule: Schedule) -> None:
        """See `Workflows.schedule`."""
        if not is_execution_name(schedule.name):
            raise ExecutionNameInvalid(name=schedule.name)
        body = self._checked(schedule.document)
        with self._sessions.open() as work:
            schedules.put(work.tables, schedule, body)

    def unschedule(self, name: str) -> None:
        """See `Workflows.unschedule`."""
        with self._sessions.open() as work:
            schedules.remove(work.tables, name)

    def schedules(self) -> Sequence[Schedule]:
        """See `Workflows.schedules`."""
        return self._query(rows.schedule, f"{rows.SCHEDULES} ORDER BY schedule.name")

    def list(self, queue: str | None = None, limit: int = 50) -> Sequence[WorkflowExecution]:
        """See `Workflows.list`."""
        where, values = ("WHERE queue = ? ", (queue,)) if queue is not None else ("", ())
        return self._query(rows.execution, f"{rows.EXECUTIONS} {where}ORDER BY number DESC LIMIT ?", *values, limit)

    def _query(self, value: Callable[[sqlite3.Row], Value], sql: str, *values: object) -> builtins.list[Value]:
        with self._journal.read() as connection:
            return [value(row) for row in connection.execute(sql, values)]

    def _nothing_of(self, execution: str) -> builtins.list[Never]:
        """Return an empty list for an execution of which nothing is told yet. Raises ExecutionNotFound."""
        self.get(execution)
        return []

    def _checked(self, document: Json) -> str:
        """Return a document as JSON text, or raise DocumentInvalid; also for resources that nothing handles."""
        known = {*self._handlers, *HANDLED} if self._handlers else self._registered()
        machine = load(
            document, resource_known=known.__contains__ if known else None, jsonata=self._sessions.sources.jsonata
        )
        return rows.dump(machine.document)

    def _registered(self) -> set[str]:
        """Return what the last leader handled; empty while there was none."""
        return set(self._query(lambda row: str(row["handler"]), "SELECT handler FROM workflow_resource"))


def _status(work: Work, execution: str) -> WorkflowStatus:
    row = work.tables.one("SELECT status FROM workflow_execution WHERE id = ?", execution)
    if row is None:
        raise ExecutionNotFound(execution=execution)
    return WorkflowStatus(row["status"])
