"""The AWS-compatible API of one home as one ASGI application: S3, and the JSON services beside it."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shipway.awsapi.metrics import METRICS, scrapes
from shipway.awsapi.services import Backend, perform

HEALTH = "/-/health"  # no bucket can be called "-"
APPROVE = "/-/approve"
LABELS = "/-/labels"
Page = Callable[[Request], Awaitable[Response]]


def api(s3: ASGIApp, backend: Backend, healthy: Callable[[], bool], pages: Mapping[str, Page]) -> ASGIApp:
    """Return the application.

    s3: answers everything that is neither a JSON operation, nor the health check, nor one of our own pages.
    pages: path -> what answers there.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await s3(scope, receive, send)
            return
        request = Request(scope, receive)
        if request.url.path == HEALTH:
            await JSONResponse({"healthy": healthy()}, status_code=200 if healthy() else 503)(scope, receive, send)
        elif (place := METRICS if scrapes(request) else request.url.path) in pages:
            response = await pages[place](request)
            await response(scope, receive, send)
        elif "x-amz-target" in request.headers:
            response = await perform(request, backend)
            await response(scope, receive, send)
        else:
            await s3(scope, receive, send)

    return app
