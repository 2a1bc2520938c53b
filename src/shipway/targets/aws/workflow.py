"""The training workflow's states, read from Step Functions' history. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shipway.domain.pipeline import Stage, StageStatus, readable

Event = Mapping[str, Any]
_ENDS = {
    "ExecutionFailed": StageStatus.FAILED,
    "ExecutionTimedOut": StageStatus.FAILED,
    "ExecutionAborted": StageStatus.STOPPED,
}
_FAILED = ("Failed", "TimedOut", "SubmitFailed", "StartFailed", "ScheduleFailed")


@dataclass(slots=True)
class _Visit:
    """One state as the history has told of it so far."""

    name: str
    entered: datetime
    parallel: bool
    status: StageStatus = StageStatus.RUNNING
    ended: datetime | None = None
    attempt: int = 1
    message: str = ""
    branches: list[list["_Visit"]] = field(default_factory=list)


class _Reader:
    """Follows a history from event to event: each names the one before it in its own branch."""

    def __init__(self) -> None:
        self.root: list[_Visit] = []
        self._siblings: dict[int, list[_Visit]] = {0: self.root}
        self._visit: dict[int, _Visit | None] = {0: None}
        self._forks: set[int] = set()
        self._open: list[_Visit] = []

    def read(self, event: Event) -> None:
        kind, number, before = event["type"], event["id"], event.get("previousEventId", 0)
        self._siblings[number] = self._siblings.get(before, self.root)
        self._visit[number] = self._visit.get(before)
        if kind.endswith("StateEntered"):
            self._enter(event)
        elif kind.endswith("StateExited"):
            self._exit(event)
        elif kind in ("ParallelStateStarted", "MapIterationStarted"):
            self._forks.add(number)
        elif kind in _ENDS:
            self._end(_ENDS[kind], event["timestamp"])
        else:
            self._work(event)

    def _enter(self, event: Event) -> None:
        number, before = event["id"], event.get("previousEventId", 0)
        parent = self._visit.get(before)
        if before in self._forks and parent is not None:
            branch: list[_Visit] = []
            parent.branches.append(branch)
            self._siblings[number] = branch
        name = event["stateEnteredEventDetails"]["name"]
        visit = _Visit(name, event["timestamp"], parallel=event["type"].startswith(("Parallel", "Map")))
        self._siblings[number].append(visit)
        self._visit[number] = visit
        self._open.append(visit)

    def _exit(self, event: Event) -> None:
        # What follows a Parallel is chained to one of its branches: the state is known by its name.
        name = event["stateExitedEventDetails"]["name"]
        visit = next((each for each in reversed(self._open) if each.name == name), None)
        if visit is None:
            return
        self._open.remove(visit)
        visit.status = StageStatus.CAUGHT if visit.message else StageStatus.SUCCEEDED
        visit.ended = event["timestamp"]
        self._visit[event["id"]] = visit
        self._siblings[event["id"]] = self._beside(visit)

    def _beside(self, visit: _Visit) -> list[_Visit]:
        return next(each for each in self._siblings.values() if any(other is visit for other in each))

    def _work(self, event: Event) -> None:
        visit, kind = self._visit[event["id"]], event["type"]
        if kind in ("ParallelStateFailed", "MapStateFailed"):  # chained to the branch that failed, about all of it
            visit = next((each for each in reversed(self._open) if each.parallel), None)
        if visit is None:
            return
        if kind.endswith(_FAILED):
            details: Event = next((value for name, value in event.items() if name.endswith("FailedEventDetails")), {})
            visit.message = f"{details.get('error', kind)}: {readable(details.get('cause', ''))}".removesuffix(": ")
        elif kind.endswith("Scheduled") and visit.message:
            visit.attempt, visit.message = visit.attempt + 1, ""

    def _end(self, status: StageStatus, at: datetime) -> None:
        for visit in self._open:
            visit.status = status if visit.message or visit.parallel else StageStatus.STOPPED
            visit.ended = at
        self._open.clear()


def steps(history: Iterable[Event]) -> tuple[Stage, ...]:
    """Return the states of an execution in the order in which they were entered, with the branches inside them.

    history: GetExecutionHistory's events, oldest first.
    """
    reader = _Reader()
    for event in history:
        reader.read(event)
    return tuple(_stage(visit) for visit in reader.root)


def _stage(visit: _Visit) -> Stage:
    branches = []
    for number, branch in enumerate(visit.branches, 1):
        inside = tuple(_stage(each) for each in branch)
        branches.append(Stage(name=f"branch {number}", status=inside[-1].status, steps=inside))
    return Stage(
        name=visit.name,
        status=visit.status,
        started=visit.entered,
        ended=visit.ended,
        attempt=visit.attempt,
        message=visit.message,
        steps=tuple(branches),
    )
