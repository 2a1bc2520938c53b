"""`python -m shipway.targets.local.gateway.collector SOCKET RECORD`: counts the gateway's requests by the second.

It is a program of the data plane, so it goes on when the control plane ends. HAProxy keeps lines in its ring while
nobody takes them. A second is vouched for when HAProxy was connected all the time and lost no line; any other second
is missing in the record, whatever was counted in it.
"""

import contextlib
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from shipway.targets.local.gateway.evidence import Record, Tallies, write

GRACE = 0.4  # seconds after its end in which lines of a second still arrive
TICK = 0.1
CHUNK = 1 << 18


class Collector:
    """Takes lines from every HAProxy that connects. connected: since when one has been there without a break.

    It looks ten times a second instead of waking up for each line: HAProxy then hands over many at once, which costs
    callers several times less.
    """

    def __init__(self, path: Path, record: Record) -> None:
        self._connection = record.writer()
        self._listener = listening(path)
        self._rests: dict[socket.socket, bytes] = {}
        self._tallies = Tallies(int(time.time()))
        self._connected = float("inf")
        self.stopping = threading.Event()

    def run(self) -> None:
        """Collect until `stopping`."""
        while not self.stopping.wait(TICK):
            now = time.time()
            self._accept()
            for peer in list(self._rests):
                self._take(peer)
            self._close(now)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                peer, _ = self._listener.accept()
                peer.setblocking(False)
                self._connected = time.time() if not self._rests else self._connected
                self._rests[peer] = b""

    def _take(self, peer: socket.socket) -> None:
        """Count all lines that are there."""
        for _ in range(32):
            try:
                part = peer.recv(CHUNK)
            except BlockingIOError:
                return
            except OSError:
                part = b""
            if not part:
                self._gone(peer)
                return
            *lines, self._rests[peer] = (self._rests[peer] + part).split(b"\n")
            for line in lines:
                self._tallies.add(line)

    def _gone(self, peer: socket.socket) -> None:
        """Let go of an HAProxy that has ended; it may have taken lines along."""
        peer.close()
        del self._rests[peer]
        self._tallies.spoiled = max(self._tallies.spoiled, int(time.time()))

    def _close(self, now: float) -> None:
        """Write down every second that is over."""
        through = int(now - GRACE) - 1
        if through < self._tallies.open:
            return
        since = self._connected if self._rests else float("inf")
        seconds = range(self._tallies.open, through + 1)
        vouched = [second for second in seconds if second >= since and second > self._tallies.spoiled]
        try:
            write(self._connection, self._tallies.close(through), vouched, self._tallies.models.due())
        except sqlite3.Error as error:  # a full disk: these seconds wait in memory
            sys.stderr.write(f"the record cannot be written: {error}\n")
            return
        self._tallies.opened(through + 1)


def listening(path: Path) -> socket.socket:
    """Return the socket on which HAProxy's ring is awaited; nobody else may write to it."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(8)
    listener.setblocking(False)
    return listener


def main(arguments: Sequence[str]) -> int:
    """Collect until SIGTERM; return 0."""
    path, record = map(Path, arguments)
    collector = Collector(path, Record(record))

    def stop(_number: int, _frame: FrameType | None) -> None:
        collector.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    collector.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
