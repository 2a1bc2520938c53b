"""The store's index: connections from a pool, one writer at a time, a full disk told apart from a bug."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shipway.domain.store.errors import StoreFull
from shipway.targets.local.db import migrate
from shipway.targets.local.store.schema import MIGRATIONS

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SQLITE_NO_ROOM = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}


class Index:
    """The SQLite file of one store. Safe from many threads and processes, also across a fork."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = os.getpid()
        self._idle: list[sqlite3.Connection] = []
        self._foreign: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        with self._connection() as connection:
            migrate(connection, "store", MIGRATIONS)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection whose reads all see the same moment."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Yield the one write transaction of all threads and processes; kept whole at the end, or not at all.

        Raises StoreFull when the file system has no room for it.
        """
        # SQLite's own waiting sleeps and is not fair: the threads of this process queue here instead.
        with self._writing, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close every idle connection of this process."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._take()
        try:
            yield connection
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in _SQLITE_NO_ROOM:
                raise StoreFull(path=self.path, reason=str(error)) from error
            raise
        finally:
            # A failed COMMIT, or an abandoned read, must not stay open in the pool.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            with self._lock:
                self._idle.append(connection)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._owner != os.getpid():
                # After a fork: using, or even closing, a parent's connection would break its locks.
                self._foreign += self._idle
                self._idle, self._owner = [], os.getpid()
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _open(self) -> sqlite3.Connection:
        # Connections move between threads, one user at a time; otherwise as shipway.targets.local.db.connect has them.
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection


@contextmanager
def room(path: Path) -> Iterator[None]:
    """Turn the system's "no room" errors of the block into StoreFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreFull(path=path, reason=error.strerror) from error
        raise
