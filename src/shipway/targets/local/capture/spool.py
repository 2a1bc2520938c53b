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

OPEN = ".open"  # being written, or left by a recorder that was killed
CLOSED = ".jsonl"


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


def tidy(spool: Path) -> None:
    """Remove folders without anything in them; a recorder that needs one makes it again."""
    for folder in sorted(spool.glob("*/*"), reverse=True) + sorted(spool.glob("*")):
        if folder.is_dir():
            with contextlib.suppress(OSError):  # there is something in it
                folder.rmdir()
