"""Who asks, and whether the request is really theirs: hosts, sessions, tokens, cross-site requests."""

import getpass
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from shipway.domain.errors import ShipwayError
from shipway.domain.people import LoginNeeded, Person, Role
from shipway.ports.people import Doors

COOKIE = "shipway_session"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE = ("GET", "HEAD", "OPTIONS")
CSRF = "x-csrf-token"


class HostRefused(ShipwayError):
    """A name that this control plane does not answer to: a page of another site may be behind it (DNS rebinding)."""

    message = "this control plane does not answer to the name {host!r}"
    hint = "name it in shipway.toml: [console] hosts"
    exit_code = 2
    status = 421


class CrossSite(ShipwayError):
    """A change that a page of another site asks for, or a form that is not from here."""

    message = "the change was not accepted: {problem}"
    hint = "load the page again and repeat it there"
    exit_code = 2
    status = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a control plane lets people in.

    hosts: names beside loopback's that it answers to; with any of them, everybody has to log in.
    secret: signs the forms of this home. provider: whether an identity provider lets people in.
    """

    secret: bytes
    hosts: frozenset[str] = frozenset()
    provider: bool = False

    def login_needed(self, doors: Doors) -> bool:
        """Return whether whoever asks must say who it is; on loopback alone, without people, nobody must."""
        return bool(self.hosts) or self.provider or not doors.open


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks. session: "" without one; named: whether that person has logged in, not just sits at this machine."""

    person: Person
    named: bool
    session: str = ""
    bearer: bool = False


def check_host(request: HTTPConnection, access: Access) -> None:
    """Refuse names that are not this control plane's. Raises HostRefused."""
    host = request.headers.get("host", "")
    name = (urlsplit(f"//{host}").hostname or "") if "/" not in host else ""
    if name not in LOOPBACK and host.lower() not in access.hosts and name not in access.hosts:
        raise HostRefused(host=host)


def visitor(request: HTTPConnection, access: Access, doors: Doors) -> Visitor | None:
    """Return who asks, None when somebody has to log in first."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        person = doors.bearer(token.strip())
        return Visitor(person=person, named=True, bearer=True) if person else None
    session = request.cookies.get(COOKIE, "")
    person = doors.person(session) if session else None
    if person:
        return Visitor(person=person, named=True, session=session)
    if access.login_needed(doors):
        return None
    return Visitor(person=_whoever(), named=False)


def needed(request: HTTPConnection, access: Access, doors: Doors) -> Visitor:
    """Return who asks. Raises LoginNeeded."""
    found = visitor(request, access, doors)
    if found is None:
        sent = "authorization" in request.headers or COOKIE in request.cookies
        raise LoginNeeded(problem="the session or token is not good" if sent else "nobody is logged in")
    return found


def check_change(request: HTTPConnection, access: Access, who: Visitor) -> None:
    """Refuse a change that a page of another site may have asked for.

    A token of the API is never sent by a browser on its own, and a program sends no Origin; a session is, so it has
    to come with the token of its pages. Raises CrossSite.
    """
    same_site(request)
    if who.session:
        check_form(access, who, request.headers.get(CSRF, ""))


def check_form(access: Access, who: Visitor, token: str) -> None:
    """Refuse a form that is not one of this visitor's pages. Raises CrossSite."""
    if not hmac.compare_digest(token.encode(), form_token(access, who).encode()):
        raise CrossSite(problem="its token is missing or old")


def same_site(request: HTTPConnection) -> None:
    """Refuse what a browser says comes from elsewhere. Raises CrossSite."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise CrossSite(problem="it comes from another site")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CrossSite(problem="it comes from another site")


def form_token(access: Access, who: Visitor) -> str:
    """Return what the forms of a visitor's pages carry."""
    return hmac.new(access.secret, (who.session or "loopback").encode(), hashlib.sha256).hexdigest()


def security_headers(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what every answer of the console tells a browser."""
    return {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        **(extra or {}),
    }


def _whoever() -> Person:
    """Return whoever sits at this machine, who may do everything that the command line may."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "local"
    return Person(name=name, role=Role.ADMIN, created=datetime.now(UTC), password=False)
