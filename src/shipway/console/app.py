"""The console of a control plane as one ASGI application: the REST API, the pages, and what they need."""

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from shipway.console.api import PREFIX
from shipway.console.api.serve import Api
from shipway.console.doors import Access
from shipway.ports.people import Doors
from shipway.ports.target import Target


class Console:
    """Answers what `wanted` says is its own."""

    def __init__(self, target: Target, doors: Doors, access: Access) -> None:
        self._api = Api(target, doors, access)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._api.answer(request)
        await response(scope, receive, send)


def wanted(scope: Scope) -> bool:
    """Return whether a request is for the console: one of its addresses, and not signed as S3's requests are.

    The S3 API refuses what is not signed, so nothing that it would answer is taken from it, not even from a bucket
    that is called "api" or "console".
    """
    path = scope["path"]
    own = path in ("/", PREFIX) or path.startswith((f"{PREFIX}/", "/console"))
    return own and not _signed(scope)


def _signed(scope: Scope) -> bool:
    headers = scope["headers"]
    if any(name == b"authorization" and value.startswith(b"AWS") for name, value in headers):
        return True
    query = scope["query_string"]
    return (
        b"X-Amz-Signature=" in query or b"AWSAccessKeyId=" in query or any(n.startswith(b"x-amz-") for n, _ in headers)
    )
