"""Labels over HTTP: POST with an API key, answered with what became of each."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from shipway.domain.errors import ShipwayError
from shipway.domain.label import Accepted

LARGEST = 32 * 2**20  # bytes of one request


class LabelsRefused(ShipwayError):
    """A request that is not for labels, or from nobody who may tell them."""

    message = "the labels were not taken: {problem}"
    hint = "POST CSV or JSON lines, at most 32 MiB, with the header x-api-key (shipway keys create NAME)"
    exit_code = 2
    status = 400


class KeyUnknown(LabelsRefused):
    """No client has this API key."""

    status = 403


class LabelsPage:
    """Answers POST. keys: sha256 in hex of each API key -> its client. add: (text, client) -> what became of it."""

    def __init__(self, keys: Callable[[], dict[str, str]], add: Callable[[str, str], Accepted]) -> None:
        self._keys = keys
        self._add = add

    async def answer(self, request: Request) -> JSONResponse:
        """Return what became of the labels; an error says what and why."""
        try:
            client = await run_in_threadpool(self._client, request.headers.get("x-api-key", ""))
            if request.method != "POST":
                raise LabelsRefused(problem=f"{request.method} tells nothing")
            accepted = await run_in_threadpool(self._add, await _text(request), client)
        except ShipwayError as error:
            told = {"error": type(error).__name__, "message": str(error), "hint": error.remedy}
            return JSONResponse(told, status_code=error.status)
        return JSONResponse(asdict(accepted))

    def _client(self, key: str) -> str:
        found = self._keys().get(hashlib.sha256(key.encode()).hexdigest())
        if found is None:
            raise KeyUnknown(problem="the API key is not known" if key else "there is no API key")
        return found


async def _text(request: Request) -> str:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise LabelsRefused(problem="they are too many at once")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise LabelsRefused(problem="they are not UTF-8 text") from error
