"""The leader: lets due times fire, enters states, hands tasks to threads, and sleeps until something is to be done."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Concatenate, ParamSpec

from shipway.domain.asl import ErrorName
from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json
from shipway.domain.workflow_execution import Handler, Task, TaskFailed, VisitStatus, WorkflowStatus
from shipway.targets.local.engine import schedules
from shipway.targets.local.engine.journal import JournalUnusable
from shipway.targets.local.engine.nested import HANDLED, Nested
from shipway.targets.local.engine.pool import Pool
from shipway.targets.local.engine.rows import dump, stamp
from shipway.targets.local.engine.session import Sessions
from shipway.targets.local.engine.work import Claim, Outcome, Work, failure_of, outcome_of

LOOK = 0.25  # seconds between two looks for commits of other processes
BACK_OFF = 1.0  # seconds of rest after the journal could not be used
GRACE = 0.5  # seconds that handlers get to end by themselves when the engine stops
BATCH = 500  # rows of one kind in one pass
GONE = {VisitStatus.CANCELLED, VisitStatus.FAILED, VisitStatus.RETRIED, VisitStatus.CAUGHT}
DUE = (
    "SELECT id, execution FROM workflow_visit WHERE due <= ?"
    " UNION SELECT id, execution FROM workflow_visit WHERE beat <= ? ORDER BY id"
)
MOVING = (
    "SELECT id, execution FROM workflow_visit WHERE status IN ('PENDING', 'ANSWERED') AND ended IS NULL ORDER BY id"
)
READY = "SELECT id FROM workflow_visit WHERE status = 'READY' AND ended IS NULL"
OPEN = f"""SELECT
    EXISTS (SELECT 1 FROM workflow_schedule WHERE next <= ?) AS scheduled,
    EXISTS (SELECT 1 FROM workflow_execution WHERE deadline <= ?) AS late,
    EXISTS (SELECT 1 FROM workflow_visit WHERE due <= ?) OR
    EXISTS (SELECT 1 FROM workflow_visit WHERE beat <= ?) AS due,
    EXISTS ({MOVING}) AS moving"""  # noqa: S608 - made of constants
log = logging.getLogger(__name__)
P = ParamSpec("P")


class Leader:
    """One term of leadership: from the moment when this process leads until `stop`."""

    def __init__(
        self, sessions: Sessions, handlers: Mapping[str, Handler], nested: Nested, workers: int, stop: threading.Event
    ) -> None:
        self._sessions = sessions
        self._handlers = handlers
        self._nested = nested
        self._pool = Pool(workers)
        self._stop = stop
        self._lock = threading.Lock()
        self._under_way: dict[str, tuple[Claim, threading.Event]] = {}

    def lead(self) -> None:
        """Work until `stop` is set. What handlers have not finished by then is handed out again by the next leader."""
        self._repeatedly(self._take_over)
        while not self._stop.is_set():
            self._repeatedly(self._pass)
            self._sleep()
        self._pool.drain(GRACE)

    def _repeatedly(self, act: Callable[[], None]) -> None:
        """Act; after trouble with the journal (a full disk) rest and act again, for ever: nothing is half-written."""
        while not self._stop.is_set():
            try:
                return act()
            except Exception as error:
                expected = isinstance(error, JournalUnusable)
                log.log(logging.ERROR if expected else logging.CRITICAL, "engine: %s", error, exc_info=not expected)
                self._stop.wait(BACK_OFF)
        return None

    def _take_over(self) -> None:
        with self._sessions.open() as work:
            work.reclaim()
            work.tables.run("DELETE FROM workflow_resource")
            for name in sorted({*self._handlers, *HANDLED}):
                work.tables.run("INSERT INTO workflow_resource VALUES (?)", name)

    def _pass(self) -> None:
        """Do everything that can be done now."""
        now = stamp(self._sessions.clock.now())
        (open_,) = self._find(OPEN, now, now, now, now)
        if open_["scheduled"]:
            for row in self._find("SELECT name FROM workflow_schedule WHERE next <= ? ORDER BY next", now):
                self._start_scheduled(row["name"])
        if open_["late"]:
            for row in self._find("SELECT id FROM workflow_execution WHERE deadline <= ?", now):
                self._transition(row["id"], Work.expire, row["id"])
        if open_["due"]:
            for row in self._find(DUE, now, now):
                self._transition(row["execution"], Work.fire, row["id"])
        if open_["moving"]:
            for row in self._find(MOVING):
                self._transition(row["execution"], Work.go_on, row["id"])
        self._hand_out()
        self._tell_cancelled()

    def _find(self, sql: str, *values: object) -> Sequence[sqlite3.Row]:
        with self._sessions.journal.read() as connection:
            return connection.execute(f"{sql} LIMIT {BATCH}", values).fetchall()

    def _transition(
        self, execution: str, act: Callable[Concatenate[Work, P], None], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Make one transition; an execution that cannot make it fails, the others go on."""
        try:
            with self._sessions.open() as work:
                act(work, *args, **kwargs)
        except JournalUnusable:
            raise
        except Exception as error:
            log.exception("engine: execution %s cannot go on", execution)
            cause = f"{type(error).__name__}: {error}"
            with self._sessions.open() as work:
                lifecycle = work.transitions.lifecycle
                if not WorkflowStatus(lifecycle.row(execution)["status"]).final:
                    lifecycle.finish(execution, WorkflowStatus.FAILED, error=ErrorName.RUNTIME, cause=cause)

    def _start_scheduled(self, name: str) -> None:
        try:
            with self._sessions.open() as work:
                schedules.fire(work.transitions.lifecycle, name)
        except JournalUnusable:
            raise
        except ShipwayError as error:
            with self._sessions.open() as work:
                schedules.skip(work.tables, name, error)

    def _hand_out(self) -> None:
        room = self._pool.free
        if not room or not self._find(READY):
            return
        with self._sessions.open() as work:
            claims = work.claim(room)
        for claim in claims:
            self._pool.submit(partial(self._work, claim))

    def _tell_cancelled(self) -> None:
        """Set `cancelled` for handlers whose result nobody wants any more."""
        with self._lock:
            held = {claim.visit: cancelled for claim, cancelled in self._under_way.values()}
        if not held:
            return
        for row in self._find(
            "SELECT id, status, error FROM workflow_visit WHERE id IN (SELECT value FROM json_each(?))", dump([*held])
        ):
            if row["status"] in GONE or (row["status"] == VisitStatus.ANSWERED and row["error"] is not None):
                held[row["id"]].set()

    def _work(self, claim: Claim) -> None:
        """Run one handler after the other on this thread, each with the next task that is ready."""
        following: Claim | None = claim
        while following is not None:
            following = self._do(following)

    def _do(self, claim: Claim) -> Claim | None:
        """Run one handler, report what it came to, and return the task that this thread is to do next."""
        cancelled = threading.Event()
        with self._lock:
            self._under_way[claim.id] = (claim, cancelled)
        try:
            outcome = self._nested.start(claim) if claim.handler in HANDLED else self._handle(claim, cancelled)
        except Exception as error:  # noqa: BLE001 - the trouble of one task
            outcome = failure_of(ErrorName.RUNTIME, f"{type(error).__name__}: {error}")
        following: list[Claim] = []
        while outcome is not None and not self._reported(claim, outcome, following):
            if self._stop.wait(BACK_OFF):
                break
        with self._lock:
            del self._under_way[claim.id]
        return following[0] if following else None

    def _reported(self, claim: Claim, outcome: Outcome, following: list[Claim]) -> bool:
        """Write a result down and take the next ready task with it; false when the journal cannot be used now."""
        try:
            self._transition(claim.execution, self._report, claim, outcome, following)
        except Exception as error:  # noqa: BLE001 - the result is kept until it can be written
            following.clear()
            log.error("engine: the result of %s waits to be written: %s", claim.key, error)  # noqa: TRY400 - expected
            return False
        return True

    def _report(self, work: Work, claim: Claim, outcome: Outcome, following: list[Claim]) -> None:
        work.report(claim, outcome)
        following[:] = [] if self._stop.is_set() else work.claim(1)

    def _handle(self, claim: Claim, cancelled: threading.Event) -> Outcome:
        handler = self._handlers.get(claim.handler)
        if handler is None:
            return failure_of(ErrorName.RUNTIME, f"nothing here handles {claim.handler!r}")
        task = Task(
            execution=claim.execution,
            execution_name=claim.execution,
            state=claim.state,
            attempt=claim.attempt,
            key=claim.key,
            resource=claim.handler,
            input=claim.input,
            token=claim.token,
            cancelled=cancelled,
            progress=lambda message: self._progress(claim, message),
        )
        try:
            result: Json = handler(task)
        except TaskFailed as failed:
            return failure_of(failed.error, failed.cause)
        except BaseException as error:  # noqa: BLE001 - a handler's defect, or its sys.exit(), fails its state alone
            return failure_of(ErrorName.TASK_FAILED, f"{type(error).__name__}: {error}")
        return outcome_of(result)

    def _progress(self, claim: Claim, message: str) -> None:
        try:
            with self._sessions.open() as work:
                work.progress(claim, message)
        except JournalUnusable as error:
            log.warning("engine: a progress line of %s is lost: %s", claim.key, error)

    def _sleep(self) -> None:
        """Sleep until the next due time, a commit, or `stop`."""
        due: list[float] = []

        def left() -> float:
            if self._stop.is_set():
                return 0
            if not due:
                due.append(self._next_due())
            return min(due[0] - stamp(self._sessions.clock.now()), LOOK)

        try:
            self._sessions.journal.sleep(left, self._sessions.clock.wait)
        except JournalUnusable as error:
            log.error("engine: %s", error)  # noqa: TRY400 - expected, and it says where and what
            self._stop.wait(BACK_OFF)

    def _next_due(self) -> float:
        row = self._find(
            "SELECT min(at) AS at FROM (SELECT min(due) AS at FROM workflow_visit WHERE due IS NOT NULL"
            " UNION ALL SELECT min(beat) FROM workflow_visit WHERE beat IS NOT NULL"
            " UNION ALL SELECT min(deadline) FROM workflow_execution WHERE deadline IS NOT NULL"
            " UNION ALL SELECT min(next) FROM workflow_schedule WHERE next IS NOT NULL)"
        )[0]
        return float("inf") if row["at"] is None else float(row["at"])
