"""People, sessions and API tokens in the home's database. Secrets are kept as hashes alone."""

import builtins
import hashlib
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from shipway.domain.people import (
    PATIENCE,
    SESSION,
    TOKEN_PREFIX,
    LastAdmin,
    LoginLimited,
    LoginRefused,
    Person,
    PersonExists,
    PersonNotFound,
    Role,
    Token,
    TokenNotFound,
    check_name,
    check_password,
    lesser,
    wait,
)
from shipway.targets.local import db
from shipway.targets.local.home import Home
from shipway.targets.local.passwords import matches, protect

USED_STEP = timedelta(minutes=1)  # how exactly the last use of a token is known; not each request writes a row


class LocalPeople:
    """The people of one home; implements `ports.people.People` and `Doors`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._migrated = False

    def list(self) -> Sequence[Person]:
        return [_person(row) for row in self._connection.execute("SELECT * FROM people ORDER BY name")]

    def add(self, name: str, role: Role, password: str, *, by: str) -> Person:
        kept = protect(check_password(password)) if password else ""
        with self._transaction() as connection:
            if connection.execute("SELECT 1 FROM people WHERE name=?", (check_name(name),)).fetchone():
                raise PersonExists(name=name)
            connection.execute("INSERT INTO people VALUES (?,?,?,?)", (name, role.value, kept, _now().isoformat()))
        self._home.record(by, "add person", name, role.value)
        return self._get(name)

    def change(self, name: str, *, by: str, role: Role | None = None, password: str | None = None) -> Person:
        kept = protect(check_password(password)) if password is not None else None
        with self._transaction() as connection:
            found = self._get(name)
            if role is not None and role is not Role.ADMIN:
                _keep_an_admin(connection, found)
            connection.execute(
                "UPDATE people SET role=coalesce(?, role), password=coalesce(?, password) WHERE name=?",
                (role.value if role else None, kept, name),
            )
            connection.execute("DELETE FROM sessions WHERE person=?", (name,))
        done = ", ".join([*([role.value] if role else []), *(["new password"] if kept is not None else [])])
        self._home.record(by, "change person", name, done)
        return self._get(name)

    def remove(self, name: str, *, by: str) -> None:
        with self._transaction() as connection:
            found = self._get(name)
            others = connection.execute("SELECT count(*) FROM people WHERE name!=?", (name,)).fetchone()[0]
            if others:  # the last person of all may go: then nobody has to log in again
                _keep_an_admin(connection, found)
            connection.execute("DELETE FROM sessions WHERE person=?", (name,))
            connection.execute("DELETE FROM tokens WHERE person=?", (name,))
            connection.execute("DELETE FROM people WHERE name=?", (name,))
        self._home.record(by, "remove person", name)

    def tokens(self) -> builtins.list[Token]:
        rows = self._connection.execute(
            "SELECT * FROM tokens WHERE expires IS NULL OR expires>? ORDER BY created, id", (_now().isoformat(),)
        )
        return [_token(row) for row in rows]

    def create_token(self, person: str, name: str, role: Role, *, by: str, expires: datetime | None = None) -> str:
        self._get(person)
        identity, secret = secrets.token_hex(6), TOKEN_PREFIX + secrets.token_urlsafe(32)
        until = expires.astimezone(UTC).isoformat() if expires else None
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO tokens (id, hash, person, name, role, created, expires) VALUES (?,?,?,?,?,?,?)",
                (identity, _hash(secret), person, name, role.value, _now().isoformat(), until),
            )
        self._home.record(by, "create token", f"{identity} of {person}", name)
        return secret

    def revoke_token(self, token: str, *, by: str) -> None:
        with self._transaction() as connection:
            if not connection.execute("DELETE FROM tokens WHERE id=?", (token,)).rowcount:
                raise TokenNotFound(token=token)
        self._home.record(by, "revoke token", token)

    @property
    def open(self) -> bool:
        return self._connection.execute("SELECT 1 FROM people LIMIT 1").fetchone() is None

    def login(self, name: str, password: str, address: str) -> str:
        self._limit(name, address)
        row = self._connection.execute("SELECT password FROM people WHERE name=?", (name,)).fetchone()
        # An unknown name costs as much time as a wrong password, so that nobody learns who is known.
        if not matches(row["password"] if row else "", password):
            with self._transaction() as connection:
                connection.execute("DELETE FROM failures WHERE at<?", ((_now() - PATIENCE).isoformat(),))
                connection.execute("INSERT INTO failures VALUES (?,?,?)", (name, address, _now().isoformat()))
            raise LoginRefused
        self._home.record(name, "log in", "console")
        return self._session(name)

    def welcome(self, name: str, role: Role) -> str:
        if self._find(name) is None:
            self.add(name, role, "", by="identity provider")
        self._home.record(name, "log in", "console", "identity provider")
        return self._session(name)

    def person(self, session: str) -> Person | None:
        row = self._connection.execute(
            "SELECT person FROM sessions WHERE hash=? AND expires>?", (_hash(session), _now().isoformat())
        ).fetchone()
        return self._find(row["person"]) if row else None

    def bearer(self, token: str) -> Person | None:
        row = self._connection.execute(
            "SELECT * FROM tokens WHERE hash=? AND (expires IS NULL OR expires>?)", (_hash(token), _now().isoformat())
        ).fetchone()
        found = self._find(row["person"]) if row else None
        if row is None or found is None:
            return None
        last = row["used"]
        if last is None or _now() - datetime.fromisoformat(last) > USED_STEP:
            with self._transaction() as connection:
                connection.execute("UPDATE tokens SET used=? WHERE id=?", (_now().isoformat(), row["id"]))
        role = lesser(found.role, Role(row["role"]))
        return Person(name=found.name, role=role, created=found.created, password=found.password)

    def logout(self, session: str) -> None:
        with self._transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE hash=?", (_hash(session),))

    def _session(self, name: str) -> str:
        secret, now = secrets.token_urlsafe(32), _now()
        with self._transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE expires<?", (now.isoformat(),))
            connection.execute(
                "INSERT INTO sessions VALUES (?,?,?)", (_hash(secret), name, (now + SESSION).isoformat())
            )
        return secret

    def _limit(self, name: str, address: str) -> None:
        rows = self._connection.execute("SELECT at FROM failures WHERE name=? OR address=?", (name, address))
        left = wait([datetime.fromisoformat(row["at"]) for row in rows], _now())
        if left:
            raise LoginLimited(seconds=round(left.total_seconds()) + 1)

    def _find(self, name: str) -> Person | None:
        row = self._connection.execute("SELECT * FROM people WHERE name=?", (name,)).fetchone()
        return _person(row) if row else None

    def _get(self, name: str) -> Person:
        found = self._find(name)
        if found is None:
            raise PersonNotFound(name=name)
        return found

    @property
    def _connection(self) -> sqlite3.Connection:
        connection = self._home.connection
        if not self._migrated:
            db.migrate(connection, "people", MIGRATIONS)
            self._migrated = True
        return connection

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return db.transaction(self._connection)


MIGRATIONS = (
    """
    CREATE TABLE people (name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, created TEXT NOT NULL);
    CREATE TABLE sessions (hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people (name), expires TEXT NOT NULL);
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        person TEXT NOT NULL REFERENCES people (name),
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        created TEXT NOT NULL,
        expires TEXT,
        used TEXT
    );
    CREATE TABLE failures (name TEXT NOT NULL, address TEXT NOT NULL, at TEXT NOT NULL);
    """,
)


def _keep_an_admin(connection: sqlite3.Connection, person: Person) -> None:
    query = "SELECT count(*) FROM people WHERE role='admin' AND name!=?"
    if person.role is Role.ADMIN and not connection.execute(query, (person.name,)).fetchone()[0]:
        raise LastAdmin(name=person.name)


def _person(row: sqlite3.Row) -> Person:
    return Person(
        name=row["name"],
        role=Role(row["role"]),
        created=datetime.fromisoformat(row["created"]),
        password=bool(row["password"]),
    )


def _token(row: sqlite3.Row) -> Token:
    return Token(
        id=row["id"],
        person=row["person"],
        name=row["name"],
        role=Role(row["role"]),
        created=datetime.fromisoformat(row["created"]),
        expires=datetime.fromisoformat(row["expires"]) if row["expires"] else None,
        used=datetime.fromisoformat(row["used"]) if row["used"] else None,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
