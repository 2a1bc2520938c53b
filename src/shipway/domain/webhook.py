"""What a webhook gets: one JSON document for each message, signed, with a text as Slack reads it. Pure."""

import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from shipway.domain.notice import Message, Notice

SIGNATURE = "X-Shipway-Signature"
SECRET = "SHIPWAY_WEBHOOK_SECRET"  # noqa: S105  the name of a variable


def document(identity: str, project: str, message: Message, notices: Sequence[Notice]) -> dict[str, Any]:
    """Return what is posted. identity: the same at each try. text: all of it for people."""
    return {
        "text": f"{message.subject}\n{message.body}".rstrip(),
        "id": identity,
        "project": project,
        "notices": [
            {
                "number": each.number,
                "at": each.at.isoformat(),
                "kind": each.kind,
                "subject": each.subject,
                "body": each.body,
            }
            for each in notices
        ],
    }


def encoded(found: Mapping[str, Any]) -> bytes:
    """Return a document as the body of a POST."""
    return json.dumps(found, ensure_ascii=False).encode()


def headers(identity: str, secret: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers of a POST. secret: "" signs nothing. at: seconds since 1970."""
    plain = {"Content-Type": "application/json", "User-Agent": "shipway", "Idempotency-Key": identity}
    return {**plain, SIGNATURE: signature(secret, at, body)} if secret else plain


def signature(secret: str, at: int, body: bytes) -> str:
    """Return the header that proves who sent a body, and when (seconds since 1970)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},sha256={mac}"


def name_of(url: str) -> str:
    """Return what an address is known by: a hash, as it may hold a token."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def label_of(url: str) -> str:
    """Return what people know an address by: its server."""
    return f"webhook of {urllib.parse.urlsplit(url).hostname}"
