"""One-time links: a question that can be answered by whoever was sent it, until it expires."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from shipway.domain.errors import ShipwayError
from shipway.domain.values import canonical

PURPOSE = b"shipway approval link 1\n"  # one key may sign other things too: none of them is taken for a link


class LinkRefused(ShipwayError):
    """The link was not made by this home, or was changed, or belongs to a question that is no more."""

    message = "this link opens no question: {problem}"
    hint = "look at what waits: shipway executions show"
    exit_code = 4
    status = 403


class LinkExpired(ShipwayError):
    """The link's time is over."""

    message = "this link ended at {expires}"
    hint = "look at what waits: shipway executions show"
    exit_code = 5
    status = 410


class LinkUsed(ShipwayError):
    """A link answers once."""

    message = "this link was used at {used}"
    hint = "look at the answer: shipway executions show"
    exit_code = 5
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says.

    execution: that asks; question: sha256 hex of the approval's token; digest: of the bundle that is shown.
    expires: whole seconds. nonce: what makes this link another one than the next.
    """

    execution: str
    question: str
    digest: str
    expires: datetime
    nonce: str


def question_of(token: str) -> str:
    """Return the name under which links know a question; the token itself stays in the home."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign(link: Link, key: bytes) -> str:
    """Return the link as text for a URL: what it says, a dot, and its HMAC-SHA256."""
    told = canonical([link.execution, link.question, link.digest, int(link.expires.timestamp()), link.nonce]).encode()
    return f"{_encode(told)}.{_encode(_mac(told, key))}"


def open_link(text: str, key: bytes, now: datetime) -> Link:
    """Return what a link says, if this key signed it and its time is not over. Raises LinkRefused, LinkExpired.

    The signatures are compared in constant time, and nothing is read from a link before its signature is right.
    """
    body, _, mac = text.partition(".")
    try:
        told, signature = _decode(body), _decode(mac)
    except (ValueError, binascii.Error) as error:
        raise LinkRefused(problem="it is not whole") from error
    if not hmac.compare_digest(signature, _mac(told, key)):
        raise LinkRefused(problem="its signature is not this home's")
    execution, question, digest, expires, nonce = json.loads(told)
    link = Link(
        execution=execution,
        question=question,
        digest=digest,
        expires=datetime.fromtimestamp(expires, UTC),
        nonce=nonce,
    )
    if now >= link.expires:
        raise LinkExpired(expires=link.expires.isoformat())
    return link


def _mac(told: bytes, key: bytes) -> bytes:
    return hmac.digest(key, PURPOSE + told, "sha256")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Return the bytes of the one text that stands for them; any other text is refused."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encode(data) != text:
        raise ValueError(text)
    return data
