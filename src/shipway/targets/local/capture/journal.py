"""Where a recorder writes: to memory before the answer, from there to the disk at leisure.

A record goes by one write into a file of a memory file system, which outlives every process and waits for no disk. A
thread moves these files to the spool each second. A disk that is slow or full lets them pile up to BUDGET; what comes
then is dropped and counted, and no request waits. (A power cut takes what is not on the disk yet, as it does with any
file that was not synchronized.)
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shipway.targets.local.capture import items, spool
from shipway.targets.local.capture.items import Sealer
from shipway.targets.local.capture.segment import Writing
from shipway.targets.local.capture.tally import Tallies

CHUNK_SECONDS = 1
CHUNK_SIZE = 8 * 2**20
BUDGET = 64 * 2**20  # bytes of memory that a recorder takes while the disk does not
COMPLAINT_SECONDS = 10
HOUR = 3600

log = logging.getLogger("shipway.capture")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When segments on the disk end, and when none is written.

    period: seconds of one segment. max_size: bytes of one segment. min_free: bytes of the disk that stay free.
    """

    period: int
    max_size: int
    min_free: int


class Journal:
    """The records of one recorder, for the loop's thread. Nothing here waits for a disk."""

    def __init__(
        self, memory: Path, recorder: str, tallies: Tallies, mover: "Mover", sealer: Sealer | None = None
    ) -> None:
        """sealer: encrypts records, None = they wait as plain lines."""
        self._sealer = sealer
        self._memory = memory
        self._recorder = recorder
        self._tallies = tallies
        self._mover = mover
        self._open: dict[tuple[str, int], Writing] = {}

    def append(self, endpoint: str, asked: float, line: bytes) -> None:
        """Write a record, or count it as dropped. asked: when, seconds since 1970. Never raises for lack of room."""
        place = (endpoint, int(asked) // HOUR)
        try:
            if not self._mover.room(len(line)):
                raise BlockingIOError("the disk is full or slow")
            writing = self._open.get(place) or self._begin(place)
            data = line if self._sealer is None else self._sealed(self._sealer, line, begins=writing.size == 0)
            writing.append(data)
        except OSError as error:
            self.drop(endpoint, str(error))
        else:
            self._mover.written += len(data)
            self._tallies.add(endpoint, records=1)
            if writing.size >= CHUNK_SIZE:
                self._end(place)

    @staticmethod
    def _sealed(sealer: Sealer, line: bytes, *, begins: bool) -> bytes:
        """Return a record as it is written; the first of a chunk brings what opens it, in the same write."""
        return sealer.head + sealer.seal(line) if begins else sealer.seal(line)

    def drop(self, endpoint: str, why: str) -> None:
        """Count a record that is not written."""
        self._mover.complain(f"records of {endpoint} are dropped: {why}")
        self._tallies.add(endpoint, dropped=1)

    def turn_over(self, *, everything: bool = False) -> None:
        """Hand over the chunks whose time is up."""
        now = time.time()
        for place in [place for place, writing in self._open.items() if everything or now >= writing.until]:
            self._end(place)

    def _begin(self, place: tuple[str, int]) -> Writing:
        endpoint, hour = place
        folder = spool.folder(self._memory, endpoint, hour * HOUR)
        writing = Writing(folder, self._recorder, int(time.time()) + CHUNK_SECONDS)
        self._open[place] = writing
        return writing

    def _end(self, place: tuple[str, int]) -> None:
        writing = self._open.pop(place)
        self._mover.take(writing.close(), writing.size)


class Mover:
    """Moves chunks from memory to the spool, in a thread of its own that may stand still as long as it likes.

    written: bytes that were put into memory; only the loop's thread counts them, as only this one counts those moved.
    """

    def __init__(self, folder: Path, memory: Path, recorder: str, limits: Limits) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._recorder = recorder
        self._limits = limits
        found = [segment.path for segment in spool.left_behind(memory, recorder)]
        for path in found:
            with contextlib.suppress(FileNotFoundError):  # the collector has taken it
                items.cut(path)
        found = [path for path in found if path.exists()]
        self._waiting = [(path, path.stat().st_size) for path in found]
        self.written = sum(size for _, size in self._waiting)
        self._moved = 0
        self._open: dict[Path, Writing] = {}
        self._space = True
        self._complained = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mover", daemon=True)  # a dead disk keeps no process
        self._thread.start()

    def room(self, size: int) -> bool:
        """Return whether memory and disk have room for so many bytes more."""
        return self._space and self.written - self._moved + size <= BUDGET

    def take(self, chunk: Path, size: int) -> None:
        """Move a closed chunk of so many bytes, soon."""
        self._waiting.append((chunk, size))

    def close(self, seconds: float) -> None:
        """Move what is left, for so long at most."""
        self._stopping.set()
        self._thread.join(seconds)

    def complain(self, what: str) -> None:
        """Say it in the log, but not a thousand times a second."""
        if time.monotonic() - self._complained > COMPLAINT_SECONDS:
            self._complained = time.monotonic()
            log.warning("%s", what)

    def _run(self) -> None:
        while not self._stopping.wait(CHUNK_SECONDS / 2):
            self._move()
        self._move()
        for writing in self._open.values():
            writing.close()

    def _move(self) -> None:
        try:
            disk = os.statvfs(self._folder)
            self._space = disk.f_bavail * disk.f_frsize >= self._limits.min_free
            self._turn_over()
            while self._waiting:
                chunk, size = self._waiting[0]
                self._to_disk(chunk)
                self._moved += size
                del self._waiting[0]
        except OSError as error:
            self.complain(f"captured records stay in memory: {error}")

    def _to_disk(self, chunk: Path) -> None:
        """Append a chunk to its segment and remove it. A kill in between leaves records twice, which readers know."""
        with contextlib.suppress(FileNotFoundError):  # the collector has taken it
            data = chunk.read_bytes()
            place = self._folder / chunk.parent.parent.name / chunk.parent.name
            if place not in self._open:
                period = self._limits.period
                self._open[place] = Writing(place, self._recorder, (int(time.time()) // period + 1) * period)
            try:
                self._open[place].append(data)
            except OSError:
                self._open.pop(place).close()  # whatever stands at its end, nothing is written behind it
                raise
            chunk.unlink()

    def _turn_over(self) -> None:
        now = time.time()
        done: Iterable[Path] = [
            place
            for place, writing in self._open.items()
            if now >= writing.until or writing.size >= self._limits.max_size
        ]
        for place in done:
            self._open.pop(place).close()
