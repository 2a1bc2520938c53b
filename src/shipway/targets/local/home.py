"""The home folder of one project on this machine: where everything lies, and the keys that its parts share."""

import os
import secrets
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from shipway.targets.local import audit, db

REGION = "us-east-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key of this home's own S3 and service API."""

    access_key: str
    secret_key: str


class Home:
    """One `.shipway/` folder. Everything below it can be copied, backed up and removed as a whole."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._local = threading.local()

    @property
    def database(self) -> Path:
        """Executions, releases, approvals, deployments, jobs."""
        return self.root / "shipway.db"

    @property
    def store(self) -> Path:
        """Buckets and blobs."""
        return self.root / "store"

    @property
    def quality(self) -> Path:
        """Predictions and labels."""
        return self.root / "quality.db"

    @property
    def sources(self) -> Path:
        """Snapshots of the user's files, one folder a digest."""
        return self.root / "sources"

    @property
    def volume(self) -> Path:
        """The shared volume that functions see (EFS on AWS)."""
        return self.root / "volume"

    @property
    def logs(self) -> Path:
        """What the long-running programs write."""
        return self.root / "logs"

    @cached_property
    def credentials(self) -> Credentials:
        """The key pair of this home, made at first use and readable by its owner alone."""
        path = self.root / "keys" / "service"
        lines = self.secret(
            path, lambda: f"SW{secrets.token_hex(9).upper()}\n{secrets.token_urlsafe(30)}\n"
        ).splitlines()
        return Credentials(access_key=lines[0], secret_key=lines[1])

    def secret(self, path: Path, make: Callable[[], str]) -> str:
        """Return a secret file's text; the first caller writes it, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)  # fails when another process was first: its secret then counts
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text()

    def port(self, name: str, wanted: int = 0) -> int:
        """Return a port of 127.0.0.1: the wanted one, or a free one that is chosen once and kept."""
        if wanted:
            return wanted
        with self.transaction() as connection:
            row = connection.execute("SELECT value FROM settings WHERE name=?", (f"port.{name}",)).fetchone()
            if row is None:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", 0))
                    chosen: int = probe.getsockname()[1]
                connection.execute("INSERT INTO settings VALUES (?, ?)", (f"port.{name}", str(chosen)))
                return chosen
        return int(row["value"])

    def next_number(self, name: str) -> int:
        """Return 1, 2, 3 ... at each call; no number is given twice."""
        with self.transaction() as connection:
            row = connection.execute(
                "INSERT INTO settings VALUES (?, '1')"
                " ON CONFLICT (name) DO UPDATE SET value=CAST(CAST(value AS INTEGER)+1 AS TEXT) RETURNING value",
                (f"number.{name}",),
            ).fetchone()
        return int(row["value"])

    def record(self, by: str, action: str, subject: str, reason: str = "") -> None:
        """Write down who did what to what, and why, in the audit log."""
        with self.transaction() as connection:
            audit.append(connection, by, action, subject, reason)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection to the database, its tables up to date."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = db.connect(self.database)
            db.migrate(connection, "records", MIGRATIONS)
            self._local.connection = connection
        return connection

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Run a block as one write transaction on this thread's connection."""
        return db.transaction(self.connection)


MIGRATIONS = (
    """
    CREATE TABLE releases (
        number INTEGER PRIMARY KEY,
        digest TEXT NOT NULL,
        bundle TEXT NOT NULL,
        execution TEXT NOT NULL,
        attempt TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL,
        status TEXT NOT NULL,
        live_since TEXT,
        approved_by TEXT NOT NULL DEFAULT '',
        verdict TEXT NOT NULL DEFAULT '',
        places TEXT NOT NULL DEFAULT '{}'
    );
    CREATE TABLE approvals (
        token TEXT PRIMARY KEY,
        execution TEXT NOT NULL,
        release INTEGER NOT NULL,
        digest TEXT NOT NULL,
        evidence TEXT NOT NULL,
        requested TEXT NOT NULL,
        expires TEXT NOT NULL,
        warn_at TEXT NOT NULL,
        warned INTEGER NOT NULL DEFAULT 0,
        status TEXT NOT NULL,
        decided_by TEXT NOT NULL DEFAULT '',
        comment TEXT NOT NULL DEFAULT '',
        decided TEXT,
        needed INTEGER NOT NULL DEFAULT 1
    );
    CREATE INDEX approvals_of_execution ON approvals (execution);
    CREATE TABLE deployments (
        id TEXT PRIMARY KEY,
        execution TEXT NOT NULL,
        release INTEGER NOT NULL,
        function TEXT NOT NULL,
        state TEXT NOT NULL,
        final INTEGER NOT NULL DEFAULT 0,
        counts TEXT NOT NULL DEFAULT '{}',
        abort_by TEXT NOT NULL DEFAULT '',
        promote_by TEXT NOT NULL DEFAULT '',
        started TEXT NOT NULL,
        ended TEXT
    );
    CREATE TABLE hooks (
        id TEXT PRIMARY KEY,
        deployment TEXT NOT NULL,
        hook TEXT NOT NULL,
        status TEXT NOT NULL,
        at TEXT NOT NULL
    );
    CREATE TABLE experiments (
        run TEXT PRIMARY KEY,
        project TEXT NOT NULL,
        status TEXT NOT NULL,
        parameters TEXT NOT NULL,
        metrics TEXT NOT NULL DEFAULT '{}',
        record TEXT NOT NULL DEFAULT '{}',
        started TEXT NOT NULL,
        ended TEXT
    );
    CREATE TABLE models (
        name TEXT PRIMARY KEY,
        image TEXT NOT NULL,
        model TEXT NOT NULL,
        document TEXT NOT NULL,
        created TEXT NOT NULL
    );
    CREATE TABLE notices (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        by TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        reason TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL
    );
    CREATE TABLE live_periods (
        number INTEGER PRIMARY KEY,
        release INTEGER NOT NULL REFERENCES releases (number),
        deployment TEXT NOT NULL UNIQUE,
        since TEXT NOT NULL,
        until TEXT,
        verdict TEXT NOT NULL
    );
    CREATE UNIQUE INDEX one_live ON live_periods (until IS NULL) WHERE until IS NULL;
    CREATE TABLE approval_votes (
        token TEXT NOT NULL REFERENCES approvals (token),
        name TEXT NOT NULL,
        by TEXT NOT NULL,
        comment TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (token, name)
    );
    CREATE TABLE approval_links (
        nonce TEXT PRIMARY KEY,
        token TEXT NOT NULL REFERENCES approvals (token),
        used TEXT
    );
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    """,
)
