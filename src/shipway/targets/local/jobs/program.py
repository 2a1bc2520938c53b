"""A job's program while it runs: started in its sandbox, waited for, ended."""

import json
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from shipway.targets.local.jobs.output import Output
from shipway.targets.local.sandbox import Sandbox, Support, full_environment, render

LOOK = 0.25  # seconds between two looks at what may end a program early
DRAIN = 5.0  # seconds for the last output to arrive


class End(Enum):
    """Why a program is no longer running."""

    ITSELF = "itself"
    STOPPED = "stopped"
    TIME = "time"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a program may use.

    seconds: of running. grace: seconds between SIGTERM and SIGKILL. volume: bytes below `folders`, 0 for no limit.
    """

    seconds: float
    grace: float
    volume: int
    folders: tuple[Path, ...]


class Program:
    """One started program. Everything of it is gone when `run` has returned."""

    def __init__(self, sandbox: Sandbox, has: Support, output: Output, volume: int) -> None:
        self._contained = has.namespaces
        self._output = output
        info, told = os.pipe() if has.namespaces else (-1, -1)
        ours, theirs = os.pipe()
        argv = render(sandbox, has, info_fd=told, bare_environment=False)
        try:
            with _file_size(volume):
                self._process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=theirs,
                    stderr=theirs,
                    env=full_environment(sandbox),
                    pass_fds=(told,) if has.namespaces else (),
                    start_new_session=True,
                )
        finally:
            os.close(theirs)
            if has.namespaces:
                os.close(told)
        output.follow(ours)
        self._ended = os.pidfd_open(self._process.pid)
        self._first, self._inner = _inner(info) if has.namespaces else (0, None)

    @property
    def pid(self) -> int:
        """The process that was started: it leads a session of its own."""
        return self._process.pid

    def run(self, limits: Limits, stop: Callable[[], bool]) -> tuple[int, End]:
        """Wait for the end and return (exit code as a shell tells it, why it ended).

        A program that outlives a limit, or is asked to stop, gets SIGTERM, and SIGKILL after the grace time.
        """
        try:
            end = self._watch(limits, stop)
            if end is not End.ITSELF and not self._terminate(limits.grace):
                self._kill()
            code = self._process.wait()
        finally:
            self._kill()
            self._process.wait()
            os.close(self._ended)
            if self._inner is not None:
                os.close(self._inner)
            self._output.close(DRAIN)
        return (code if code >= 0 else 128 - code), end

    def _watch(self, limits: Limits, stop: Callable[[], bool]) -> End:
        deadline = time.monotonic() + limits.seconds
        weighed = time.monotonic()
        while not self._gone(min(LOOK, max(0.0, deadline - time.monotonic()))):
            now = time.monotonic()
            if stop():
                return End.STOPPED
            if now >= deadline:
                return End.TIME
            if limits.volume and now >= weighed:
                if sum(map(_used, limits.folders)) > limits.volume:
                    return End.VOLUME
                # A tree of many files takes long to weigh: a twentieth of the time at most goes into it.
                weighed = time.monotonic() + max(1.0, 20 * (time.monotonic() - now))
        return End.ITSELF

    def _gone(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def _terminate(self, grace: float) -> bool:
        """Ask the program to end; return whether it did within the grace time.

        One that would never notice is not waited for: the first process of a namespace gets no signal that it has no
        handler for, so that most scripts would only spend the grace time.
        """
        if self._contained and not _listens(self._first):
            return False
        with suppress(ProcessLookupError):
            if self._inner is not None:
                signal.pidfd_send_signal(self._inner, signal.SIGTERM)
            elif not self._contained:
                os.killpg(self._process.pid, signal.SIGTERM)
        return self._gone(grace)

    def _kill(self) -> None:
        """End what is left: the namespace's first process takes all others along; without one, the process group."""
        with suppress(ProcessLookupError, PermissionError):
            if self._inner is not None:
                signal.pidfd_send_signal(self._inner, signal.SIGKILL)
            if self._process.returncode is None or not self._contained:
                os.killpg(self._process.pid, signal.SIGKILL)


def _listens(pid: int) -> bool:
    """Return whether a process handles SIGTERM, or waits for it with the signal blocked."""
    bit = 1 << (signal.SIGTERM - 1)
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, mask = line.partition(":")
            if name in ("SigCgt", "SigBlk") and int(mask, 16) & bit:
                return True
    return False


def _inner(info: int) -> tuple[int, int | None]:
    """Return pid and handle of the first process inside the namespace; no handle when there is none (any more)."""
    text = b""
    with os.fdopen(info, "rb", buffering=0) as file:
        while chunk := file.read(4096):
            text += chunk
            if b"}" in chunk:
                break
    try:
        pid = int(json.loads(text)["child-pid"])
        return pid, os.pidfd_open(pid)
    except (ValueError, KeyError, ProcessLookupError):
        return 0, None


class _file_size:  # noqa: N801 - used as a word
    """Limits the size of each file that a process started in the block may write: it can't run past its volume."""

    def __init__(self, volume: int) -> None:
        self._volume = volume
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def __enter__(self) -> None:
        hard = self._before[1]
        if self._volume and (hard == resource.RLIM_INFINITY or self._volume < hard):
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._volume, hard))

    def __exit__(self, *error: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


def _used(folder: Path) -> int:
    """Return the bytes on disk below a folder; what vanishes meanwhile counts nothing."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(f"{path}/{name}").st_blocks * 512
    return total
