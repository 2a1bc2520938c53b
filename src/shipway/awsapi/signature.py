"""Signature version 4 of requests to the JSON services; S3 has its own rules beside these."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shipway.awsapi.s3.request import S3Request
from shipway.awsapi.s3.sigv4 import ALGORITHM, canonical_request, signing_key
from shipway.domain.errors import ShipwayError

SKEW = timedelta(minutes=15)


class SignatureRefused(ShipwayError):
    """The request is not signed by a key of this home."""

    message = "the request is refused: {problem}"
    hint = "use the access key of this home"
    exit_code = 2
    status = 403


def verify(
    request: S3Request, body: bytes, service: str, credentials: Callable[[str], str | None], now: datetime
) -> None:
    """Return when the request is signed for this service by a known key; raises SignatureRefused.

    credentials: access key id -> secret, None for an unknown one. now: aware.
    """
    algorithm, _, rest = (request.header("authorization") or "").partition(" ")
    fields = dict(piece.strip().partition("=")[::2] for piece in rest.split(","))
    if algorithm != ALGORITHM or not {"Credential", "SignedHeaders", "Signature"} <= fields.keys():
        raise SignatureRefused(problem="it has no version 4 signature")
    access_key, _, scope = fields["Credential"].partition("/")
    secret = credentials(access_key)
    timestamp = request.header("x-amz-date") or ""
    if secret is None or scope.split("/")[2:] != [service, "aws4_request"]:
        raise SignatureRefused(problem=f"its key is unknown or not for {service}")
    _check_time(timestamp, scope, now)
    names = fields["SignedHeaders"].split(";")
    if not {"host", "x-amz-target"} <= set(names) or any(name not in request.headers for name in names):
        raise SignatureRefused(problem="host or x-amz-target is not signed")
    canonical = canonical_request(request, request.query, names, hashlib.sha256(body).hexdigest())
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    text = f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}"
    expected = hmac.new(signing_key(secret, scope), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), fields["Signature"].encode("latin-1", "replace")):
        raise SignatureRefused(problem="its signature does not match")


def _check_time(timestamp: str, scope: str, now: datetime) -> None:
    try:
        moment = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureRefused(problem="its x-amz-date cannot be read") from None
    if abs(now - moment) > SKEW or not scope.startswith(timestamp[:8]):
        raise SignatureRefused(problem="it was signed at another time than now")
