"""Finding the processes that a test run started, also those that left its process tree."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "SHIPWAY_TEST_RUN"  # in the environment of the run and so of everything that it starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """One process of a run that outlived it; test: the test that started it, empty when that is not known."""

    pid: int
    command: str
    test: str

    def __str__(self) -> str:
        return f"pid {self.pid}: {self.command[:160]}" + (f"  (started by {self.test})" if self.test else "")


def leftovers(run: str, folder: Path | None) -> list[Leftover]:
    """Return the processes of the run named `run`, except this one.

    A process belongs to it when its environment carries the run's mark, or when it works in or was given a path
    below `folder` (servers often start with a clean environment). Empty where there is no /proc.
    """
    found = []
    for process in _processes():
        try:
            environment = _words(process / "environ")
            command = " ".join(_words(process / "cmdline"))
            where = str((process / "cwd").readlink())
        except OSError:  # it ended meanwhile, or it is somebody else's
            continue
        marked = f"{MARK}={run}" in environment
        inside = folder is not None and (f"{folder}/" in f"{where}/" or f"{folder}/" in command)
        if command and (marked or inside):  # a process without a command line is a zombie: it has ended
            test = next((word.partition("=")[2] for word in environment if word.startswith("PYTEST_CURRENT_TEST=")), "")
            found.append(Leftover(pid=int(process.name), command=command, test=test))
    return found


def end(left: list[Leftover]) -> None:
    """End the processes at once."""
    for process in left:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _processes() -> Iterator[Path]:
    kin = {os.getpid(), os.getppid()}
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) not in kin:
            yield process


def _words(path: Path) -> list[str]:
    return [word for word in path.read_bytes().decode(errors="replace").split("\0") if word]
