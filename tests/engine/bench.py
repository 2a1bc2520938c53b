"""An engine that runs beside a test, a clock that the test moves, and handlers that the test looks into."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.shapes import machine
from shipway.domain.workflow_execution import Event, Handler, Task, TaskFailed, WorkflowExecution
from shipway.targets.local.engine import Clock, Engine, SystemClock
from waiting import until

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


class FakeClock:
    """Time that stands still until a test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._waiting: set[threading.Condition] = set()

    def now(self) -> datetime:
        return self._now

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        self._waiting.add(condition)
        condition.wait(min(seconds, 0.02))

    def advance(self, by: timedelta | float) -> None:
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        for condition in list(self._waiting):
            with condition:
                condition.notify_all()


class Bench:
    """An engine on a journal, with one leader thread while it is entered.

    tasks: every task that was handed out, in order. tokens: by state. gate: `test:block` ends when it is set.
    """

    def __init__(
        self, path: Path, handlers: Mapping[str, Handler] | None = None, *, clock: Clock | None = None, **options: Any
    ) -> None:
        self.path = path
        self.clock = clock or SystemClock()
        self.tasks: list[Task] = []
        self.tokens: dict[str, str] = {}
        self.gate = threading.Event()
        known: dict[str, Handler] = {
            "test:echo": lambda task: task.input,
            "test:fail": self._fail,
            "test:block": self._block,
            "test:ask.waitForTaskToken": self._ask,
            **(handlers or {}),
        }
        seen = {name: self._seen(handler) for name, handler in known.items()}
        self.engine = Engine(path, seen, clock=self.clock, **options)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.engine.run, args=(self._stop,), name="leader")

    def __enter__(self) -> "Bench":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self.stop()
        self.engine.close()

    def stop(self) -> None:
        """End the leader; handlers that block go on in their threads."""
        self._stop.set()
        self.engine.wake()
        self._thread.join()

    def run(self, document: Any, input: Any = None, **options: Any) -> WorkflowExecution:  # noqa: A002
        """Start an execution and return it when it has ended."""
        return self.end(self.engine.start(document, input, **options))

    def end(self, execution: str, seconds: float = 20) -> WorkflowExecution:
        """Return an execution when it has ended."""
        until(lambda: self.engine.get(execution).status.final, seconds, what=f"the end of {execution}")
        return self.engine.get(execution)

    def reach(self, execution: str, **states: str) -> None:
        """Return when the newest visit of each state has the given status."""
        until(lambda: states.items() <= self.states(execution).items(), what=f"{execution} to reach {states}")

    def states(self, execution: str) -> dict[str, str]:
        """Return the status of the newest visit of each state; of branches, under "path:state" too."""
        found = {}
        for visit in self.engine.visits(execution):
            found[visit.state] = str(visit.status)
            found[f"{visit.path}:{visit.state}"] = str(visit.status)
        return found

    def kinds(self, execution: str) -> list[str]:
        """Return the history in short: the kind of each event, with the state."""
        return [short(event) for event in self.engine.history(execution)]

    def settle(self) -> None:
        """Return when the leader has looked at everything that is due now."""
        self.run(machine(Now={"Type": "Succeed"}))

    def token(self, state: str) -> str:
        """Return the token that a state waits for, when it does."""
        return until(lambda: self.tokens.get(state), what=f"the token of {state}") or ""

    def _seen(self, handler: Handler) -> Handler:
        def see(task: Task) -> Any:
            self.tasks.append(task)
            return handler(task)

        return see

    def _ask(self, task: Task) -> None:
        self.tokens[task.state] = task.token or ""

    def _block(self, task: Task) -> Any:
        until(lambda: task.cancelled.is_set() or self.gate.is_set(), seconds=60)
        return task.input

    @staticmethod
    def _fail(task: Task) -> Any:
        asked = task.input if isinstance(task.input, dict) else {}
        raise TaskFailed(str(asked.get("error", "Broken")), str(asked.get("cause", "as asked")))


def short(event: Event) -> str:
    """Return an event's kind, with its state if it has one."""
    return f"{event.kind} {event.state}" if event.state else str(event.kind)
