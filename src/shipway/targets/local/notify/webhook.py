"""A webhook: one JSON POST for each message, signed, with a text as Slack reads it."""

import hashlib
import hmac
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shipway.targets.local.notify.channel import DeliveryFailed, Parcel

SECONDS = 15
SIGNATURE = "X-Shipway-Signature"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is sent elsewhere would arrive as a GET without its body: it is a failure, and told as one."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address. secret: what the POSTs are signed with; "" signs nothing."""

    url: str
    secret: Callable[[], str]

    @property
    def name(self) -> str:
        """The address as a hash: it may hold a token."""
        return f"webhook:{hashlib.sha256(self.url.encode()).hexdigest()[:16]}"

    @property
    def label(self) -> str:
        """The server, without the rest of the address."""
        return f"webhook of {urllib.parse.urlsplit(self.url).hostname}"

    def send(self, parcel: Parcel) -> None:
        """POST it; any answer 2xx takes it. Raises DeliveryFailed."""
        body = json.dumps(document(parcel), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "shipway", "Idempotency-Key": parcel.id}
        secret = self.secret()
        if secret:
            headers[SIGNATURE] = signature(secret, int(time.time()), body)
        request = urllib.request.Request(self.url, data=body, headers=headers)  # noqa: S310  http or https, as checked
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS):
                return
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(200).decode(errors="replace").strip()
            raise DeliveryFailed(channel=self.label, problem=f"{error.code} {said}".strip()) from error
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryFailed(channel=self.label, problem=str(error) or type(error).__name__) from error


def document(parcel: Parcel) -> dict[str, Any]:
    """Return what is posted. text: all of it for people."""
    return {
        "text": f"{parcel.message.subject}\n{parcel.message.body}".rstrip(),
        "id": parcel.id,
        "project": parcel.project,
        "notices": [
            {
                "number": each.number,
                "at": each.at.isoformat(),
                "kind": each.kind,
                "subject": each.subject,
                "body": each.body,
            }
            for each in parcel.notices
        ],
    }


def signature(secret: str, at: int, body: bytes) -> str:
    """Return the header that proves who sent a body, and when (seconds since 1970)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},sha256={mac}"
