"""A control plane that kills itself at every step: once before and once after each piece of work.

Usage: crashing_control.py PROJECT POINTS. POINTS: a file that remembers where it has died already.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from shipway.cli.control import serve
from shipway.domain.values import Json
from shipway.domain.workflow_execution import Handler, Task
from shipway.targets.local.wiring import Machine


class Points:
    """Where this control plane dies, each point once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    def die(self, point: str) -> None:
        """Kill this process like a power cut would, the first time that it comes here."""
        with self._lock:
            if self._file.exists() and point in self._file.read_text().splitlines():
                return
            with self._file.open("a") as file:
                file.write(f"{point}\n")
                file.flush()
                os.fsync(file.fileno())
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingMachine(Machine):
    """A machine whose handlers die around their work."""

    def __init__(self, folder: Path, points: Points) -> None:
        super().__init__(folder)
        self.__dict__["points"] = points

    def handlers(self) -> dict[str, Handler]:
        return {name: self._around(handler) for name, handler in super().handlers().items()}

    def _around(self, handler: Handler) -> Handler:
        points: Points = self.__dict__["points"]

        def perform(task: Task) -> Json:
            points.die(f"before {task.state}")
            result = handler(task)
            points.die(f"after {task.state}")
            return result

        return perform


if __name__ == "__main__":
    serve(CrashingMachine(Path(sys.argv[1]), Points(Path(sys.argv[2]))))
