"""One leader a journal: a lock that the kernel gives back when its holder dies."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK = 0.1  # seconds between two tries for the lock


@contextmanager
def leadership(journal: Path, stop: threading.Event) -> Iterator[bool]:
    """Wait until this process leads the journal, or `stop` is set; yield whether it leads.

    The lock file lies beside the journal and holds the leader's process id, for whoever looks.
    """
    path = journal.with_name(journal.name + ".leader")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not (held := _try_lock(descriptor)):
            if stop.wait(LOOK):
                break
        if held:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        yield held
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
