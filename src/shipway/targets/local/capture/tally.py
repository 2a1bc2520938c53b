"""What one recorder has counted: a small mapped file, so that a kill loses no count and reading costs it nothing."""

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NAME = 64
ROW = struct.Struct(f"<{NAME}sQQ")  # endpoint, records, dropped
COUNTS = struct.Struct("<QQ")
ROWS = 256
OTHERS = "others"  # endpoints beyond the last row


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Records of one endpoint: written before their answers were sent; dropped, although they should have been."""

    records: int = 0
    dropped: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Return the sum."""
        return Tally(records=self.records + other.records, dropped=self.dropped + other.dropped)

    def since(self, earlier: "Tally") -> "Tally":
        """Return what was added; counters that are lower than they were have begun again at zero."""
        begun_again = self.records < earlier.records or self.dropped < earlier.dropped
        if begun_again:
            return self
        return Tally(records=self.records - earlier.records, dropped=self.dropped - earlier.dropped)


class Tallies:
    """The counters of one recorder, which goes on where an earlier process of the same name was killed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        size = ROW.size * ROWS
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)  # a disk that is full later cannot take the page away
            self._map = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self._known = {
            name: [at * ROW.size, tally.records, tally.dropped] for at, (name, tally) in enumerate(_rows(self._map))
        }

    def add(self, endpoint: str, records: int = 0, dropped: int = 0) -> None:
        """Count more of an endpoint."""
        row = self._known.get(endpoint) or self._row(endpoint)
        row[1] += records
        row[2] += dropped
        COUNTS.pack_into(self._map, row[0] + NAME, row[1], row[2])

    def _row(self, endpoint: str) -> list[int]:
        """Return the row of an endpoint that has none yet: where it is, and its counts."""
        if len(self._known) >= ROWS - 1:
            endpoint = OTHERS
        row = self._known.setdefault(endpoint, [len(self._known) * ROW.size, 0, 0])
        ROW.pack_into(self._map, row[0], endpoint.encode(), row[1], row[2])
        return row


def read(path: Path) -> dict[str, Tally]:
    """Return endpoint -> what one recorder has counted of it; empty for one that never ran."""
    try:
        return dict(_rows(path.read_bytes()))
    except FileNotFoundError:
        return {}


def _rows(data: "bytes | mmap.mmap") -> Iterator[tuple[str, Tally]]:
    for at in range(0, len(data), ROW.size):
        name, records, dropped = ROW.unpack_from(data, at)
        if not name.strip(b"\0"):
            return
        yield name.rstrip(b"\0").decode(), Tally(records=records, dropped=dropped)
