"""Notices programs that keep ending: a supervisor starts them again, but they do not serve."""

from collections import deque
from collections.abc import Callable, Mapping

from shipway.targets.local.supervise import Supervisor, SupervisorDown

ENDED = 3  # a program that ended so often within the window keeps ending
WINDOW = 60.0  # seconds


class Crashes:
    """Watches the process ids of some programs; a new id is an end that the supervisor has repaired."""

    def __init__(self, pids: Callable[[], Mapping[str, int]], *, ended: int = ENDED, window: float = WINDOW) -> None:
        """pids: of each program, 0 while it does not run."""
        self._pids = pids
        self._ended = ended
        self._window = window
        self._known: dict[str, int] = {}
        self._ends: dict[str, deque[float]] = {}

    def look(self, now: float) -> str:
        """Return which program keeps ending, with numbers, or "". now: seconds of a clock that never goes back."""
        for name, pid in self._pids().items():
            known = self._known.get(name, 0)
            if pid and known and pid != known:
                self._ends.setdefault(name, deque()).append(now)
            self._known[name] = pid or known
        for name, ends in self._ends.items():
            while ends and now - ends[0] > self._window:
                ends.popleft()
            if len(ends) >= self._ended:
                return f"{name} ended {len(ends)} times in {now - ends[0]:.0f} s"
        return ""


def pids_of(supervisor: Supervisor, belongs: Callable[[str], bool]) -> Callable[[], Mapping[str, int]]:
    """Return what tells the process ids of the programs whose name `belongs`; nothing while nobody can say."""

    def pids() -> Mapping[str, int]:
        try:
            return {name: supervisor.pid(name) for name in supervisor.states() if belongs(name)}
        except SupervisorDown:
            return {}

    return pids
