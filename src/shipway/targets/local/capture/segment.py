"""Writing one segment of the spool: whole records by one write, or none of them."""

import contextlib
import fcntl
import os
import time
from pathlib import Path

from shipway.targets.local.capture import spool


class Writing:
    """An open segment of one recorder. until: end of its period, seconds since 1970. size: bytes written."""

    def __init__(self, folder: Path, recorder: str, until: int) -> None:
        """Create it, locked before anybody can see it. Raises OSError."""
        self.until = until
        self.size = 0
        self._path = folder / f"{until}-{recorder}-{time.time_ns()}{spool.OPEN}"
        draft = self._path.with_suffix(".new")
        try:
            self._file = _create(draft)
        except FileNotFoundError:  # somebody tidied the folder away just when it was made
            self._file = _create(draft)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            draft.rename(self._path)
        except OSError:
            os.close(self._file)
            draft.unlink(missing_ok=True)
            raise

    def append(self, data: bytes) -> None:
        """Write whole items; raises OSError, and then none of them is in the segment, except half of one at its end."""
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:] if written else data)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += written

    def close(self) -> Path:
        """End the segment and return its path: the name then says that it is closed."""
        closed = self._path.with_suffix(spool.CLOSED)
        with contextlib.suppress(FileNotFoundError):
            self._path.rename(closed)
        os.close(self._file)
        return closed


def _create(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
