"""The metrics for a Prometheus server: GET /metrics, or /-/metrics where a bucket is called "metrics"."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

METRICS = "/-/metrics"
USUAL = "/metrics"
SIGNATURES = {"Signature", "X-Amz-Signature"}  # in the address: of version 2 and of version 4
MEDIA = "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"


class MetricsPage:
    """Answers who scrapes. text: all metrics in Prometheus' text format."""

    def __init__(self, text: Callable[[], bytes]) -> None:
        self._text = text

    async def answer(self, request: Request) -> Response:
        """Return the metrics of this moment."""
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("only GET", status_code=HTTPStatus.METHOD_NOT_ALLOWED)
        return Response(await run_in_threadpool(self._text), media_type=MEDIA)


def scrapes(request: Request) -> bool:
    """Tell whether a request to the usual address scrapes: S3's requests for a bucket of that name are signed."""
    signed = "authorization" in request.headers or not SIGNATURES.isdisjoint(request.query_params)
    return request.method == "GET" and request.url.path == USUAL and not signed
