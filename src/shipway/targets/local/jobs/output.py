"""A program's output: read as it comes, kept line by line with the time, never a reason for the program to fail."""

import os
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

LONGEST = 256 * 1024  # bytes of a line before it is broken


class Output:
    """Copies a pipe into a log file in a thread of its own until the pipe ends."""

    def __init__(self, log: Path) -> None:
        self._file = log.open("ab", buffering=0)
        self._rest = b""
        self._thread: threading.Thread | None = None
        self.last_words: deque[str] = deque(maxlen=20)
        self.lost = 0

    def follow(self, source: int) -> None:
        """Start copying from a file descriptor, which is closed at its end."""
        self._thread = threading.Thread(target=self._copy, args=(source,), daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        """Write a line of Shipway's own."""
        self._write(f"[shipway] {line}".encode())

    def close(self, seconds: float) -> None:
        """Wait for the end of the pipe, `seconds` at most: a stray process may hold it open for ever."""
        if self._thread is not None:
            self._thread.join(seconds)
        if self._rest:
            self._keep(self._rest)
            self._rest = b""
        if self.lost:
            self.say(f"{self.lost} lines could not be kept: the disk was full")
        self._file.close()

    def _copy(self, source: int) -> None:
        try:
            while chunk := os.read(source, 65536):
                self._take(chunk)
        except OSError:
            return  # the terminal end of a pipe that broke is an end
        finally:
            os.close(source)

    def _take(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._keep(line)
        if len(self._rest) > LONGEST:
            self._keep(self._rest)
            self._rest = b""

    def _keep(self, line: bytes) -> None:
        self.last_words.append(line.decode(errors="replace"))
        self._write(line)

    def _write(self, line: bytes) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            self._file.write(f"{at} ".encode() + line + b"\n")
        except (OSError, ValueError):
            self.lost += 1
