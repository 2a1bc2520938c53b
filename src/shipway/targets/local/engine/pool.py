"""Threads for handlers. A handler may block for hours, so a thread is made when it is needed and none is waited for."""

import queue
import threading
from collections.abc import Callable

IDLE = 30.0  # seconds after which a thread without work ends


class Pool:
    """At most `size` pieces of work at a time.

    The threads are daemons: a process that ends leaves its handlers where they are, and the next leader hands the
    same work out again under the same key.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._state = threading.Condition()
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._busy = 0
        self._threads = 0

    @property
    def free(self) -> int:
        """How many pieces of work can begin at once."""
        with self._state:
            return self._size - self._busy

    def submit(self, work: Callable[[], None]) -> None:
        """Run `work` on a thread. It must not raise; call only as often as there is room."""
        with self._state:
            self._busy += 1
            if self._threads < self._busy:
                self._threads += 1
                threading.Thread(target=self._serve, name="engine-worker", daemon=True).start()
        self._work.put(work)

    def drain(self, seconds: float) -> bool:
        """Return when no work is under way (true), or after `seconds` (false)."""
        with self._state:
            return self._state.wait_for(lambda: self._busy == 0, seconds)

    def _serve(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=IDLE)
            except queue.Empty:
                with self._state:
                    if self._threads > self._busy:
                        self._threads -= 1
                        return
                continue
            try:
                work()
            finally:
                with self._state:
                    self._busy -= 1
                    self._state.notify_all()
