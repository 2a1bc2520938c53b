"""An OpenID Connect provider on this machine: real keys, real signatures, PKCE, codes that work once."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send


@dataclass
class LocalProvider:
    """Lets `person` in at once. change: what a test makes wrong in the token; signer: another key than it publishes."""

    client: str = "shipway"
    secret: str = "a client's secret & more"
    person: str = "ada@example.org"
    change: dict[str, Any] = field(default_factory=dict)
    forge: bool = False
    url: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return JSONResponse({"issuer": self.url, **{name: self.url + place for name, place in names.items()}})
        if path == "/keys":
            told = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return JSONResponse({"keys": [{**told, "kid": "one", "use": "sig", "alg": "RS256"}]})
        if path == "/authorize":
            asked = dict(request.query_params)
            assert asked["client_id"] == self.client
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)
        return self._token(request, parse_qs((await request.body()).decode()))

    def _token(self, request: Request, form: dict[str, list[str]]) -> Response:
        asked = self.codes.pop(form["code"][0], None)
        sent = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        known = parse_qs(f"a={sent.partition(':')[0]}&b={sent.partition(':')[2]}")
        if asked is None or (known["a"], known["b"]) != ([self.client], [self.secret]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest())
        if digest.rstrip(b"=").decode() != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self.client,
            "sub": "7",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            "email": self.person,
            "email_verified": True,
            **self.change,
        }
        key = rsa.generate_private_key(65537, 2048) if self.forge else self.key
        token = jwt.encode(claims, key, "RS256", {"kid": "one"})
        return JSONResponse({"access_token": "unused", "token_type": "Bearer", "id_token": token})
