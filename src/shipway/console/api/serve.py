"""The table of routes as an ASGI application: lets in, reads, performs, answers."""

import json
import logging
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from shipway import __version__
from shipway.console import doors as doorkeeping
from shipway.console.api import PREFIX, ROUTES
from shipway.console.api.openapi import openapi
from shipway.console.api.problem import answer
from shipway.console.api.route import PATHS, Call, Route, Stream, value_of
from shipway.console.doors import Access, Visitor
from shipway.domain.errors import ShipwayError
from shipway.domain.people import allow
from shipway.ports.document import DocumentRefused, document, read
from shipway.ports.people import Doors
from shipway.ports.target import Target

LARGEST_DOCUMENT = 1 << 20  # bytes
log = logging.getLogger("shipway.console")


class RouteNotFound(ShipwayError):
    """Nothing is at this address."""

    message = "the API has no {method} {path}"
    hint = "see /api/v1/openapi.json"
    exit_code = 4
    status = 404


class MethodRefused(ShipwayError):
    """The address is right, the method is not."""

    message = "{path} takes {allowed}, not {method}"
    exit_code = 2
    status = 405


class BodyRefused(ShipwayError):
    """A body that cannot be what the route takes."""

    message = "the body was not accepted: {problem}"
    hint = "send {media}"
    exit_code = 2
    status = 415


class BodyTooLarge(ShipwayError):
    """No document is that large."""

    message = "the document is larger than {largest} bytes"
    exit_code = 2
    status = 413


class Bug(ShipwayError):
    """Shipway itself is wrong."""

    message = "a bug in Shipway: {error}"
    hint = "its log says more: shipway logs control"


@dataclass(frozen=True, slots=True)
class Api:
    """What answers below /api/v1."""

    target: Target
    doors: Doors
    access: Access

    async def answer(self, request: Request) -> Response:
        """Return the answer to one request; everything that is wrong is a problem document."""
        try:
            return await self._answer(request)
        except ShipwayError as error:
            return _plain(answer(error), request)
        except Exception as error:
            log.exception("%s %s failed", request.method, request.url.path)
            return _plain(answer(Bug(error=f"{type(error).__name__}: {error}")), request)

    async def _answer(self, request: Request) -> Response:
        doorkeeping.check_host(request, self.access)
        path = request.url.path.removeprefix(PREFIX)
        if path == "/openapi.json" and request.method in ("GET", "HEAD"):
            return _plain(JSONResponse(openapi(ROUTES, __version__)), request)
        who = await run_in_threadpool(doorkeeping.needed, request, self.access, self.doors)
        route, pieces = find(ROUTES, request.method, path)
        allow(who.person.name, who.person.role, route.role)
        if request.method not in doorkeeping.SAFE:
            doorkeeping.check_change(request, self.access, who)
        values = _values(route, pieces, request)
        with tempfile.TemporaryDirectory(prefix="shipway-body-") as folder:
            body, file = await _body(route, request, Path(folder))
            return await run_in_threadpool(self._perform, route, who, request, (values, body, file))

    def _perform(
        self, route: Route, who: Visitor, request: Request, told: tuple[Mapping[str, Any], Any, Path | None]
    ) -> Response:
        values, body, file = told
        result = self.perform(route, who, values, body, file)
        if isinstance(result, Stream):
            return _plain(StreamingResponse(result.pieces, media_type=result.media, headers=result.headers), request)
        if route.answer is None:
            return _plain(Response(status_code=route.status), request)
        return _plain(JSONResponse(document(result), status_code=route.status), request)

    def perform(
        self, route: Route, who: Visitor, values: Mapping[str, Any], body: Any = None, file: Path | None = None
    ) -> object:
        """Return what a route makes of a request that was let in."""
        call = Call(
            target=self.target,
            doors=self.doors,
            person=who.person,
            values=values,
            body=body,
            file=file,
            named=who.named,
        )
        return route.perform(call)


def find(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return the route of an address and the texts in it. Raises RouteNotFound, MethodRefused."""
    allowed = []
    for route in routes:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path)
        found = re.fullmatch(pattern, path)
        if found and route.method == ("GET" if method == "HEAD" else method):
            return route, found.groupdict()
        if found:
            allowed.append(route.method)
    if allowed:
        raise MethodRefused(path=path, method=method, allowed=", ".join(sorted(allowed)))
    raise RouteNotFound(method=method, path=path)


def _values(route: Route, pieces: Mapping[str, str], request: Request) -> dict[str, object]:
    """Return the values of path and query. Raises DocumentRefused."""
    values = {name: value_of(PATHS[name], name, said) for name, said in pieces.items()}
    query = request.query_params
    for name in query:
        if name not in route.query:
            raise DocumentRefused(path=name, problem="is no parameter here")
    for name, parameter in route.query.items():
        said = query.getlist(name)
        if len(said) > 1 or (parameter.required and not said):
            raise DocumentRefused(path=name, problem="is needed once")
        values[name] = value_of(parameter, name, said[0]) if said else parameter.default
    return values


async def _body(route: Route, request: Request, folder: Path) -> tuple[Any, Path | None]:
    """Return the document of the body, or the file that keeps it. Raises BodyRefused, BodyTooLarge, DocumentRefused."""
    if route.takes:
        file = folder / "body"
        with file.open("wb") as target:
            async for piece in request.stream():
                target.write(piece)
        return None, file
    if route.body is None:
        return None, None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BodyRefused(problem="it is no JSON by its content type", media="application/json")
    text = b""
    async for piece in request.stream():
        text += piece
        if len(text) > LARGEST_DOCUMENT:
            raise BodyTooLarge(largest=LARGEST_DOCUMENT)
    try:
        told = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DocumentRefused(path="the document", problem=f"is no JSON: {error}") from error
    return read(route.body, told), None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _plain(response: Response, request: Request) -> Response:
    """Return the answer with what every answer tells a browser; a HEAD has no body."""
    response.headers.update({"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})
    if request.method == "HEAD":
        return Response(status_code=response.status_code, headers=dict(response.headers))
    return response
