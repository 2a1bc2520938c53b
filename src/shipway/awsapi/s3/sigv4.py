"""AWS Signature Version 4, the verifying side: Authorization headers, presigned addresses and signed chunks.

S3 API Reference, "Authenticating requests (AWS Signature Version 4)", its pages on headers, queries and chunks.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote_to_bytes

from shipway.awsapi.s3.errors import (
    AccessDenied,
    AuthorizationMalformed,
    PresignMalformed,
    SignatureMismatch,
    TimeSkewed,
    UnknownAccessKey,
)
from shipway.awsapi.s3.request import S3Request
from shipway.domain.store.errors import StoreError

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW = timedelta(minutes=15)
LONGEST = timedelta(days=7)
_FORMAT = "%Y%m%dT%H%M%SZ"

Credentials = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The key of one request, and what its chunks' signatures are chained to. signature: hex."""

    key: bytes
    timestamp: str
    scope: str
    signature: str

    def sign(self, text: str) -> str:
        """Return the signature of a string to sign, in hex."""
        return hmac.new(self.key, text.encode("latin-1"), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What a request says about its own signature. signed: names of the signed headers."""

    access_key: str
    scope: str
    signed: tuple[str, ...]
    signature: str
    timestamp: str


def verify_header(request: S3Request, credentials: Credentials, now: datetime) -> Signer:
    """Return the signer of a request with an Authorization header.

    now: aware. Raises UnknownAccessKey, SignatureMismatch, TimeSkewed, AccessDenied, AuthorizationMalformed.
    """
    claim = _claim_of_header(request)
    moment = _moment(claim.timestamp, AuthorizationMalformed)
    if abs(now - moment) > SKEW:
        raise TimeSkewed(signed=claim.timestamp, now=now.strftime(_FORMAT))
    payload = request.header("x-amz-content-sha256")
    if payload is None:
        raise AuthorizationMalformed(reason="x-amz-content-sha256 is missing")
    return _verify(request, claim, credentials, (request.query, payload))


def verify_presigned(request: S3Request, credentials: Credentials, now: datetime) -> Signer:
    """Return the signer of a request whose address carries the signature.

    Raises as `verify_header`, with AccessDenied once the address has expired and PresignMalformed.
    """
    claim = _claim_of_query(request)
    moment = _moment(claim.timestamp, PresignMalformed)
    seconds = request.arg("X-Amz-Expires")
    if not seconds.isdigit() or not 1 <= int(seconds) <= LONGEST.total_seconds():
        raise PresignMalformed(reason="X-Amz-Expires is not 1 to 604800 seconds")
    if now > moment + timedelta(seconds=int(seconds)):
        raise AccessDenied(reason="the address has expired")
    if now < moment - SKEW:
        raise AccessDenied(reason="the address is not valid yet")
    query = tuple(pair for pair in request.query if pair[0] != "X-Amz-Signature")
    return _verify(request, claim, credentials, (query, request.header("x-amz-content-sha256") or UNSIGNED))


def canonical_request(request: S3Request, query: Iterable[tuple[str, str]], signed: Iterable[str], payload: str) -> str:
    """Return the text whose hash is signed. S3 encodes the path once and never normalizes it."""
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query)
    names = list(signed)
    lines = [
        request.method,
        quote(unquote_to_bytes(request.path), safe="/-_.~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
        "",
        ";".join(names),
        payload,
    ]
    return "\n".join(lines)


def signing_key(secret: str, scope: str) -> bytes:
    """Return the key that a secret has for a scope of date/region/service/aws4_request."""
    key = b"AWS4" + secret.encode()
    for piece in scope.split("/"):
        key = hmac.new(key, piece.encode(), hashlib.sha256).digest()
    return key


def _verify(
    request: S3Request, claim: _Claim, credentials: Credentials, content: tuple[tuple[tuple[str, str], ...], str]
) -> Signer:
    query, payload = content
    secret = credentials(claim.access_key)
    if secret is None:
        raise UnknownAccessKey(access_key=claim.access_key)
    missing = [name for name in claim.signed if name not in request.headers]
    if missing:
        raise SignatureMismatch(missing=missing)
    unsigned = [name for name in request.headers if name.startswith("x-amz-") and name not in claim.signed]
    if unsigned and unsigned != ["x-amz-content-sha256"]:
        raise AccessDenied(reason=f"these headers are not signed: {', '.join(unsigned)}")
    if "host" not in claim.signed:
        raise AccessDenied(reason="the host header is not signed")
    canonical = canonical_request(request, query, claim.signed, payload)
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    signer = Signer(
        key=signing_key(secret, claim.scope),
        timestamp=claim.timestamp,
        scope=claim.scope,
        signature=claim.signature,
    )
    expected = signer.sign(f"{ALGORITHM}\n{claim.timestamp}\n{claim.scope}\n{digest}")
    if not hmac.compare_digest(expected.encode(), claim.signature.encode("latin-1", "replace")):
        raise SignatureMismatch
    return signer


def _claim_of_header(request: S3Request) -> _Claim:
    algorithm, _, rest = request.headers["authorization"].partition(" ")
    if algorithm != ALGORITHM:
        raise AuthorizationMalformed(reason=f"the algorithm is {algorithm!r}")
    fields = dict(piece.strip().partition("=")[::2] for piece in rest.split(","))
    if not {"Credential", "SignedHeaders", "Signature"} <= fields.keys():
        raise AuthorizationMalformed(reason="Credential, SignedHeaders or Signature is missing")
    timestamp = request.header("x-amz-date") or ""
    return _claim(fields, timestamp, AuthorizationMalformed)


def _claim_of_query(request: S3Request) -> _Claim:
    if request.arg("X-Amz-Algorithm") != ALGORITHM:
        raise PresignMalformed(reason="X-Amz-Algorithm is not AWS4-HMAC-SHA256")
    fields = {name: request.arg(f"X-Amz-{name}") for name in ("Credential", "SignedHeaders", "Signature")}
    return _claim(fields, request.arg("X-Amz-Date"), PresignMalformed)


def _claim(fields: dict[str, str], timestamp: str, malformed: type[StoreError]) -> _Claim:
    access_key, _, scope = fields["Credential"].partition("/")
    pieces = scope.split("/")
    if len(pieces) != 4 or pieces[2:] != ["s3", "aws4_request"]:
        raise malformed(reason="the credential's scope is not date/region/s3/aws4_request")
    if pieces[0] != timestamp[:8]:
        raise malformed(reason="the credential's date is not the request's")
    signed = tuple(fields["SignedHeaders"].split(";"))
    return _Claim(access_key=access_key, scope=scope, signed=signed, signature=fields["Signature"], timestamp=timestamp)


def _moment(timestamp: str, malformed: type[StoreError]) -> datetime:
    try:
        return datetime.strptime(timestamp, _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise malformed(reason=f"the time {timestamp!r} is not like 20260131T235959Z") from None
