"""The journal: one SQLite file that any process may write, and the bell that tells the leader about it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.targets.local import db
from shipway.targets.local.engine.schema import COMPONENT, MIGRATIONS


class JournalUnusable(ShipwayError):
    """The file cannot be read or written; nothing of the attempted change was kept."""

    message = "the journal {path} cannot be used: {reason}"
    hint = "is the disk full or read-only, or the folder somebody else's? nothing was changed; repair it and repeat"
    exit_code = 1


class Journal:
    """Write transactions and reads of one journal, from any thread of this process.

    path: the database file, on a local file system; its folder is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bell = threading.Condition()
        self._rung = False
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._seen = 0
        self._closed = False
        with self._faults():
            self._writer = db.connect(path, shared=True)
            try:
                db.migrate(self._writer, COMPONENT, MIGRATIONS)
                self._seen = self._version()
            except BaseException:
                self._writer.close()
                raise

    def close(self) -> None:
        """Close the file; safe to repeat."""
        with self._writing, self._reading:
            self._closed = True
            self._writer.close()
            while self._readers:
                self._readers.pop().close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one durable transaction, then ring the bell. Raises JournalUnusable."""
        with self._faults(), self._writing, db.transaction(self._writer) as connection:
            yield connection
        self.ring()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for reading. Raises JournalUnusable."""
        with self._faults():
            with self._reading:
                if self._closed:
                    raise sqlite3.OperationalError("it is closed")
                idle = self._readers.pop() if self._readers else None
            connection = idle or db.connect(self.path, shared=True)
            try:
                yield connection
            except sqlite3.Error:
                connection.close()
                raise
            self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._reading:
            if self._closed:
                connection.close()
            else:
                self._readers.append(connection)

    def ring(self) -> None:
        """Wake whoever sleeps on the bell."""
        with self.bell:
            self._rung = True
            self.bell.notify_all()

    def sleep(self, until: Callable[[], float], wait: Callable[[threading.Condition, float], None]) -> None:
        """Return when there may be something to do: a commit, here or in another process, or what `until` tells.

        until: seconds that are left, read anew on each look; zero or less ends the sleep. It is first called inside
        the bell's lock, so that nothing committed in between is slept over.
        """
        with self.bell:
            while not self._rung and (left := until()) > 0 and not self._written_elsewhere():
                wait(self.bell, left)
            self._rung = False

    def _written_elsewhere(self) -> bool:
        """Return whether another process has committed since the last look."""
        with self._faults(), self._writing:
            version = self._version()
        changed = version != self._seen
        self._seen = version
        return changed

    def _version(self) -> int:
        with closing(self._writer.execute("PRAGMA data_version")) as cursor:
            return int(cursor.fetchone()[0])

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError) and not self._closed:
                raise
            raise JournalUnusable(path=self.path, reason=error) from error
