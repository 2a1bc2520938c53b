"""The console of a control plane as one ASGI application: the REST API, the pages, and what they need."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from shipway.console import files
from shipway.console.api import PREFIX
from shipway.console.api.serve import Api
from shipway.console.doors import Access
from shipway.console.oidc import Provider
from shipway.console.repository import PREFIX as GIT
from shipway.console.repository import RepositoryPages
from shipway.console.site import Site
from shipway.ports.people import Doors
from shipway.ports.repository import Repository
from shipway.ports.target import Target

LIVE = "/console/live"


class Console:
    """Answers what `wanted` says is its own."""

    def __init__(
        self,
        target: Target,
        doors: Doors,
        access: Access,
        provider: Provider | None = None,
        repository: Repository | None = None,
    ) -> None:
        """repository: what is shared at /git/, None = nothing."""
        self._repository = RepositoryPages(repository, doors, access)
        self._api = Api(target, doors, access)
        self._site = Site(self._api, provider)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or keep one page live."""
        if scope["type"] == "websocket":
            socket = WebSocket(scope, receive, send)
            await (self._site.follow(socket) if scope["path"] == LIVE else socket.close())
            return
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/":
            return RedirectResponse("/console/", 307)
        if path.startswith(files.PREFIX):
            return files.answer(request)
        if path.startswith(f"{GIT}/"):
            return await self._repository.answer(request)
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            return await self._api.answer(request)
        return await self._site.answer(request)


def wanted(scope: Scope) -> bool:
    """Return whether a request is for the console: one of its addresses, and not signed as S3's requests are.

    The S3 API refuses what is not signed, so nothing that it would answer is taken from it, not even from a bucket
    that is called "api", "console" or "git".
    """
    if scope["type"] == "websocket":
        return True
    path = scope["path"]
    own = path in ("/", PREFIX, "/console") or path.startswith((f"{PREFIX}/", "/console/", f"{GIT}/"))
    return scope["type"] == "http" and own and not _signed(scope)


def _signed(scope: Scope) -> bool:
    headers, query = scope["headers"], scope["query_string"]
    if any(name == b"authorization" and value.startswith(b"AWS") for name, value in headers):
        return True
    named = any(name.startswith(b"x-amz-") for name, _ in headers)
    return named or b"X-Amz-Signature=" in query or b"AWSAccessKeyId=" in query
