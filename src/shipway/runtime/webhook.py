"""A POST to a webhook: any answer 2xx takes it, everything else is told with what was answered."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

SECONDS = 15


class NotTaken(Exception):
    """Nobody has taken a POST; the message says why."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is sent elsewhere would arrive as a GET without its body: it is a failure, and told as one."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Return once an answer 2xx has come. Raises NotTaken."""
    request = urllib.request.Request(url, data=body, headers=dict(headers))  # noqa: S310  http or https, as checked
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS):
            return
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(200).decode(errors="replace").strip()
        raise NotTaken(f"{error.code} {said}".strip()) from error
    except (OSError, http.client.HTTPException) as error:
        raise NotTaken(str(error) or type(error).__name__) from error
