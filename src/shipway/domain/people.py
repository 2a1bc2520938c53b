"""People who may use a control plane: their roles, their API tokens, and what is refused to whom."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shipway.domain.errors import ShipwayError

SESSION = timedelta(hours=12)
SHORTEST = 10  # characters of a password
LONGEST = 1024
TRIES = 5  # wrong passwords for one name, or from one address, within PATIENCE
PATIENCE = timedelta(minutes=5)
TOKEN_PREFIX = "swt_"  # noqa: S105  so that a scanner of secrets knows one when it sees it
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


class PersonNameInvalid(ShipwayError):
    """A name stands in the audit log and on the command line."""

    message = "{name!r} cannot name a person: 1 to 64 letters, digits, '.', '_', '-', '@' or '+', no blanks"
    exit_code = 2
    status = 422


class PersonNotFound(ShipwayError):
    """Nobody of this name may log in."""

    message = "there is no person {name!r}"
    hint = "list them: shipway people"
    exit_code = 4
    status = 404


class PersonExists(ShipwayError):
    """A name is one person's."""

    message = "there is a person {name!r} already"
    hint = "change what that person may do: shipway people change {name} --role ROLE"
    exit_code = 5
    status = 409


class LastAdmin(ShipwayError):
    """Without an admin nobody could let anybody in again."""

    message = "{name!r} is the last admin"
    hint = "make somebody else an admin first: shipway people change NAME --role admin"
    exit_code = 5
    status = 409


class PasswordUnfit(ShipwayError):
    """A password that would not protect anything."""

    message = f"a password has {SHORTEST} to {LONGEST} characters"
    hint = "take a sentence, or let a password manager make one"
    exit_code = 2
    status = 422


class LoginRefused(ShipwayError):
    """Name or password is wrong; which of them is not said."""

    message = "this name with this password is not known"
    hint = "an admin can set a new password: shipway people change NAME --password"
    exit_code = 2
    status = 401


class LoginLimited(ShipwayError):
    """Somebody is guessing, or has forgotten."""

    message = "too many wrong passwords: try again in {seconds} s"
    exit_code = 5
    status = 429


class LoginNeeded(ShipwayError):
    """Whoever asks must say who it is."""

    message = "log in first: {problem}"
    hint = "open /console/login, or send an API token: Authorization: Bearer TOKEN (shipway tokens create)"
    exit_code = 2
    status = 401


class RoleTooLow(ShipwayError):
    """The role does not suffice."""

    message = "{name} is {role}: this needs the role {needed}"
    hint = "an admin can change it: shipway people change {name} --role {needed}"
    exit_code = 5
    status = 403


class TokenNotFound(ShipwayError):
    """No API token has this id."""

    message = "there is no API token {token!r}"
    hint = "list them: shipway tokens"
    exit_code = 4
    status = 404


class Role(StrEnum):
    """What a person may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"  # look
    APPROVER = "approver"  # start, stop, decide, deploy, upload
    ADMIN = "admin"  # let people and clients in

    def covers(self, needed: "Role") -> bool:
        """Return whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may log in. password: whether there is one; without it only an identity provider lets in."""

    name: str
    role: Role
    created: datetime
    password: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token as it is listed; the secret itself is shown once and kept only as a hash.

    id: names it; person: whose it is; role: at most what it may do, whatever the person may. used: when it last was.
    """

    id: str
    person: str
    name: str
    role: Role
    created: datetime
    expires: datetime | None = None
    used: datetime | None = None


def check_name(name: str) -> str:
    """Return the name of a person. Raises PersonNameInvalid."""
    if not _NAME.fullmatch(name):
        raise PersonNameInvalid(name=name)
    return name


def check_password(password: str) -> str:
    """Return a password that is long enough to be one. Raises PasswordUnfit."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordUnfit
    return password


def allow(name: str, role: Role, needed: Role) -> None:
    """Return when a person of this role may do what the needed one may. Raises RoleTooLow."""
    if not role.covers(needed):
        raise RoleTooLow(name=name, role=role.value, needed=needed.value)


def lesser(one: Role, other: Role) -> Role:
    """Return the role that may do less."""
    return one if other.covers(one) else other


def wait(failures: list[datetime], now: datetime) -> timedelta:
    """Return how long a login must wait after these wrong passwords, zero when it may be tried."""
    late = sorted(at for at in failures if now - at < PATIENCE)
    return late[-TRIES] + PATIENCE - now if len(late) >= TRIES else timedelta()
