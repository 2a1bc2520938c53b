"""SQLite as this target uses it: durable commits, one writer at a time, forward migrations."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shipway.domain.errors import ShipwayError


class DatabaseTooNew(ShipwayError):
    """The file was written by a later version of Shipway."""

    message = "{path} has version {found} of {component!r}, this Shipway knows {known}"
    hint = "upgrade Shipway, or restore a backup of the home folder"
    exit_code = 5


def connect(path: Path, *, shared: bool = False) -> sqlite3.Connection:
    """Return a connection in autocommit mode whose commits survive a power cut.

    Each thread opens its own, unless it is `shared`: then whoever shares it lets one thread in at a time.
    Rows answer to column names.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=not shared)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run the block as one write transaction: all of it is kept, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has already rolled back by itself
            connection.execute("ROLLBACK")
        raise


def migrate(connection: sqlite3.Connection, component: str, migrations: Sequence[str]) -> None:
    """Bring one component's tables forward to `len(migrations)`, each step in a transaction of its own.

    migrations: SQL scripts in order; a released one is never edited, only followed by another.
    Raises DatabaseTooNew when the file is ahead of this code.
    """
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (component TEXT PRIMARY KEY, version INTEGER NOT NULL)"
    )
    while True:
        with transaction(connection):
            row = connection.execute("SELECT version FROM schema_version WHERE component=?", (component,)).fetchone()
            version = row["version"] if row else 0
            if version > len(migrations):
                path = connection.execute("PRAGMA database_list").fetchone()["file"]
                raise DatabaseTooNew(path=path, found=version, component=component, known=len(migrations))
            if version == len(migrations):
                return
            for statement in _statements(migrations[version]):
                connection.execute(statement)
            connection.execute("INSERT OR REPLACE INTO schema_version VALUES (?, ?)", (component, version + 1))


def _statements(script: str) -> Iterator[str]:
    """Split a script at its statements' ends; `executescript` would commit the open transaction."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
