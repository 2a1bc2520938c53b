"""The spool: where records lie until their file is in the bucket. It has two halves, in memory and on the disk.

One folder an endpoint and UTC hour; in it segments, each of which only one recorder writes to and holds a lock on. Who
gets the lock on an open segment knows that its writer is gone.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shipway.targets.local.supervise.runtime import private_folder, sweep

OPEN = ".open"  # being written, or left by a recorder that was killed
CLOSED = ".jsonl"
MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder in it, as for sockets
MEMORY_NEEDED = 256 * 2**20


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file of the spool. until: end of its period, seconds since 1970; its records were asked before."""

    until: int
    path: Path

    @property
    def endpoint(self) -> str:
        """The endpoint that answered."""
        return self.path.parent.parent.name

    @property
    def hour(self) -> datetime:
        """The UTC hour in which its records were asked."""
        return datetime.strptime(self.path.parent.name, "%Y%m%d%H").replace(tzinfo=UTC)

    @property
    def size(self) -> int:
        """Bytes in it now."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def closed(self) -> bool:
        """Whether nobody writes to it any more."""
        return self.path.suffix == CLOSED


def folder(spool: Path, endpoint: str, asked: float) -> Path:
    """Return where the records of an endpoint lie that were asked at a moment, seconds since 1970."""
    return spool / endpoint / f"{datetime.fromtimestamp(asked, UTC):%Y%m%d%H}"


def segments(spool: Path) -> list[Segment]:
    """Return every segment, oldest period first."""
    return sorted(_segments(spool))


def _segments(spool: Path) -> Iterator[Segment]:
    for path in spool.glob("*/*/*"):
        until = path.name.partition("-")[0]
        if path.suffix in (OPEN, CLOSED) and until.isdecimal():
            yield Segment(int(until), path)


def settled(segment: Segment) -> Segment | None:
    """Return the segment when nobody writes to it; None while its recorder lives. One left behind is closed now."""
    if segment.closed:
        return segment
    try:
        descriptor = os.open(segment.path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # closed just now: the next look finds it under its other name
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        closed = segment.path.with_suffix(CLOSED)
        segment.path.rename(closed)
    except (BlockingIOError, FileNotFoundError):
        return None
    finally:
        os.close(descriptor)
    return Segment(segment.until, closed)


def left_behind(spool: Path, recorder: str) -> list[Segment]:
    """Return what an earlier process of this recorder's name has left, closed now."""
    own = [segment for segment in segments(spool) if f"-{recorder}-" in segment.path.name]
    return [closed for closed in map(settled, own) if closed is not None]


def memory_of(home: Path) -> Path:
    """Return the half of a home's spool that is in memory, made if it is not there.

    Where this machine has no memory file system of that size it is a folder on the disk, and requests wait for that.
    """
    if not memory_lacks():
        with contextlib.suppress(OSError):
            return private_folder(MEMORY, home)
    fallback = home / "capture" / "memory"
    fallback.mkdir(parents=True, exist_ok=True, mode=0o700)
    return fallback


def sweep_memory() -> None:
    """Remove the folders in memory of homes that are gone, unless records wait in them: somebody may want them back."""
    with contextlib.suppress(OSError):
        sweep(MEMORY, lambda folder: bool(segments(folder)))


def memory_lacks() -> str:
    """Return why records cannot wait in memory on this machine, "" when they can."""
    try:
        found = os.statvfs(MEMORY)
    except OSError as error:
        return f"there is no {MEMORY}: {error.strerror}"
    size = found.f_blocks * found.f_frsize  # not what is free now: every process has to come to the same answer
    if size < MEMORY_NEEDED:
        return f"{MEMORY} has {size // 2**20} MiB, {MEMORY_NEEDED // 2**20} are needed"
    return "" if os.access(MEMORY, os.W_OK) else f"{MEMORY} may not be written"


def tidy(spool: Path) -> None:
    """Remove folders without anything in them; a recorder that needs one makes it again."""
    for folder in sorted(spool.glob("*/*"), reverse=True) + sorted(spool.glob("*")):
        if folder.is_dir():
            with contextlib.suppress(OSError):  # there is something in it
                folder.rmdir()
