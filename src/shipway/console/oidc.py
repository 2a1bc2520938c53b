"""Login by an OpenID Connect provider: the authorization code flow with PKCE, a state and a nonce.

Source: OpenID Connect Core 1.0, sections 3.1 and 3.1.3.7; RFC 7636; RFC 9700.
"""

import base64
import hashlib
import json
import re
import secrets
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shipway.domain.errors import ShipwayError
from shipway.domain.people import PersonNameInvalid, Role, check_name

PATIENCE = 600  # seconds that a login may take
SECONDS = 10  # that the provider may take for an answer
MOST = 1000  # logins that are under way
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
COOKIE = "shipway_login"


class ProviderFailed(ShipwayError):
    """The identity provider does not do what it should."""

    message = "the identity provider {issuer} {problem}"
    hint = "look at [console.oidc] in shipway.toml, and at the provider"
    exit_code = 3
    status = 502


class IdentityRefused(ShipwayError):
    """What came back is no proof of who somebody is."""

    message = "the login was not accepted: {problem}"
    hint = "begin again at /console/login"
    exit_code = 3
    status = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a provider is asked. claim: that is a person's name here; role: of whoever comes the first time."""

    issuer: str
    client: str
    secret: str
    claim: str = "email"
    role: Role = Role.VIEWER


@dataclass(frozen=True, slots=True)
class _Begun:
    """A login that is under way. at: monotonic seconds."""

    verifier: str
    nonce: str
    redirect: str
    at: float


@dataclass
class Provider:
    """One identity provider. What it says of itself is read when the first person comes."""

    settings: Settings
    _begun: dict[str, _Begun] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _found: dict[str, Any] | None = None

    @property
    def title(self) -> str:
        """What people know it by."""
        return urllib.parse.urlsplit(self.settings.issuer).netloc

    def start(self, request: Request) -> Response:
        """Return the way to the provider. Raises ProviderFailed."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        redirect = f"{_scheme(request)}://{request.headers['host']}/console/oidc/back"
        with self._lock:
            late = time.monotonic() - PATIENCE
            self._begun = {key: each for key, each in self._begun.items() if each.at > late}
            if len(self._begun) >= MOST:
                raise ProviderFailed(issuer=self.settings.issuer, problem="is asked by too many at once")
            self._begun[state] = _Begun(verifier, nonce, redirect, time.monotonic())
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client,
            "redirect_uri": redirect,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        address = f"{self._metadata()['authorization_endpoint']}?{urllib.parse.urlencode(query)}"
        response = RedirectResponse(address, 303)
        # Only the browser that began may end it: a link with somebody else's code logs nobody in.
        response.set_cookie(
            COOKIE, state, max_age=PATIENCE, path="/console/oidc", httponly=True, samesite="lax",
            secure=_scheme(request) == "https",
        )  # fmt: skip
        return response

    def finish(self, request: Request) -> tuple[str, Role]:
        """Return who came back, and the role of a person who is new. Raises ProviderFailed, IdentityRefused."""
        told = request.query_params
        state = told.get("state", "")
        with self._lock:
            begun = self._begun.pop(state, None)
        if begun is None or time.monotonic() - begun.at > PATIENCE or request.cookies.get(COOKIE) != state:
            raise IdentityRefused(problem="it was not begun in this browser, or too long ago")
        if "code" not in told:
            raise IdentityRefused(problem=told.get("error_description") or told.get("error") or "there is no code")
        claims = self._claims(self._token(told["code"], begun), begun.nonce)
        name = claims.get(self.settings.claim)
        if self.settings.claim == "email" and claims.get("email_verified") is False:
            raise IdentityRefused(problem="the provider has not verified the mail address")
        try:
            return check_name(name if isinstance(name, str) else ""), self.settings.role
        except PersonNameInvalid as error:
            raise IdentityRefused(problem=f"its {self.settings.claim} {name!r} cannot be a name here") from error

    def _token(self, code: str, begun: _Begun) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect,
            "code_verifier": begun.verifier,
        }
        pair = ":".join(urllib.parse.quote(part, safe="") for part in (self.settings.client, self.settings.secret))
        basic = base64.b64encode(pair.encode()).decode()
        answer = self._fetch(
            self._metadata()["token_endpoint"], urllib.parse.urlencode(form).encode(), f"Basic {basic}"
        )
        return str(answer.get("id_token", ""))

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an id token that is this provider's, for this client, of this login."""
        try:
            header = jwt.get_unverified_header(token)
            keys = jwt.PyJWKSet.from_dict(self._fetch(self._metadata()["jwks_uri"])).keys
            key = next(each for each in keys if each.key_id == header.get("kid") or len(keys) == 1)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.settings.client,
                issuer=self.settings.issuer,
                leeway=30,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, StopIteration) as error:
            raise IdentityRefused(problem=f"its token is not good: {error or 'no key fits'}") from error
        if claims.get("nonce") != nonce:
            raise IdentityRefused(problem="its token is of another login")
        return claims

    def _metadata(self) -> dict[str, Any]:
        if self._found is None:
            found = self._fetch(self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found.get("issuer") != self.settings.issuer:
                raise ProviderFailed(issuer=self.settings.issuer, problem=f"calls itself {found.get('issuer')!r}")
            self._found = found
        return self._found

    def _fetch(self, address: str, form: bytes | None = None, authorization: str = "") -> dict[str, Any]:
        if not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", address):
            raise ProviderFailed(issuer=self.settings.issuer, problem=f"names {address}, which is not https")
        headers = {"accept": "application/json", **({"authorization": authorization} if authorization else {})}
        asked = urllib.request.Request(address, form, headers)  # noqa: S310  checked above
        try:
            with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except (OSError, ValueError) as error:
            raise ProviderFailed(issuer=self.settings.issuer, problem=f"does not answer well: {error}") from error


def _scheme(request: Request) -> str:
    """Return how the browser came: behind a proxy that ends TLS it says so."""
    said = request.headers.get("x-forwarded-proto", request.url.scheme)
    return "https" if said == "https" else "http"
