"""Finished files and segments as the lines that they hold, whatever those are packed in."""

import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from shipway.targets.local.capture import items, sealed
from shipway.targets.local.home import Home


def key_file(home: Home) -> Path:
    """Return where the key of encrypted files lies."""
    return home.root / "keys" / "capture"


def home_keys(home: Home) -> list[bytes]:
    """Return this home's keys, the newest last; the first is made when it is asked for."""
    return sealed.keys(home.secret(key_file(home), sealed.new_key))


def waiting(segment: Path, home: Home) -> Iterator[bytes]:
    """Yield the lines of a segment of the spool. Raises CaptureKeyMissing."""
    return items.lines(segment, lambda: home_keys(home), key_file(home))


def check(segment: Path, home: Home) -> None:
    """Raises CaptureKeyMissing when this home cannot read all of a segment."""
    items.check(segment, lambda: home_keys(home), key_file(home))


@contextmanager
def plain(stored: BinaryIO, name: str, home: Home) -> Iterator[Iterator[bytes]]:
    """Give the lines of a file. Raises CaptureKeyMissing, CaptureFileDamaged while they are read."""
    with ExitStack() as stack:
        source = stored
        if name.endswith(".enc"):
            source = io.BufferedReader(Parts(sealed.opened(source, home_keys(home), key_file(home))))
        if ".gz" in Path(name).suffixes:
            source = cast("BinaryIO", stack.enter_context(gzip.open(source, "rb")))
        yield iter(source)


class Parts(io.RawIOBase):
    """A file made of parts of bytes that come one after the other."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Fill a buffer; 0 at the end."""
        while not self._rest:
            try:
                self._rest = next(self._parts)
            except StopIteration:
                return 0
        taken = min(len(buffer), len(self._rest))
        buffer[:taken], self._rest = self._rest[:taken], self._rest[taken:]
        return taken
