"""Who may use a control plane. The docstrings are the contract."""

import builtins
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shipway.domain.people import Person, Role, Token


class People(Protocol):
    """The people of one home, their sessions and their API tokens. Every change is in the audit log."""

    def list(self) -> Sequence[Person]:
        """Return everybody, by name; empty where nobody has to log in."""

    def add(self, name: str, role: Role, password: str, *, by: str) -> Person:
        """Let somebody in. password: "" for those who come by an identity provider alone.

        Raises PersonNameInvalid, PersonExists, PasswordUnfit.
        """

    def change(self, name: str, *, by: str, role: Role | None = None, password: str | None = None) -> Person:
        """Give a person another role or password; the sessions from before end. None leaves it as it is.

        Raises PersonNotFound, PasswordUnfit, LastAdmin.
        """

    def remove(self, name: str, *, by: str) -> None:
        """Keep a person out, with sessions and tokens. Raises PersonNotFound, LastAdmin."""

    def tokens(self) -> builtins.list[Token]:
        """Return the API tokens that are good, oldest first."""

    def create_token(self, person: str, name: str, role: Role, *, by: str, expires: datetime | None = None) -> str:
        """Return a new API token of a person; it is shown once. Raises PersonNotFound."""

    def revoke_token(self, token: str, *, by: str) -> None:
        """End an API token by its id. Raises TokenNotFound."""


class Doors(Protocol):
    """What a control plane asks about whoever knocks; beside `People`, of one home."""

    @property
    def open(self) -> bool:
        """Whether nobody has to log in, because no person is known."""

    def login(self, name: str, password: str, address: str) -> str:
        """Return the secret of a new session. address: of the caller, for the limit on wrong passwords.

        Raises LoginRefused, LoginLimited.
        """

    def welcome(self, name: str, role: Role) -> str:
        """Return the secret of a new session of somebody whom an identity provider vouches for, added when new.

        role: of a new person; one who is known keeps his.
        """

    def person(self, session: str) -> Person | None:
        """Return whose session this is; None when it has ended or never was."""

    def bearer(self, token: str) -> Person | None:
        """Return whose API token this is, with the lesser role of both; None when it is not good."""

    def logout(self, session: str) -> None:
        """End a session; safe to repeat."""
