"""Forms of the pages: what they send becomes a call of the REST API's table, with the same roles and the same log."""

import types
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Union, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from shipway.console.api.route import Route
from shipway.console.doors import CrossSite
from shipway.domain.values import Json
from shipway.ports.document import resolved

LARGEST = 1 << 20  # bytes of a form


async def form(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name. Raises CrossSite for what is no form of a page."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise CrossSite(problem="it is no form")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            raise CrossSite(problem="it is too large")
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def document_of(route: Route, told: Mapping[str, str]) -> Json:
    """Return the document that the fields of a form stand for: empty ones that may be null are, words become values."""
    if route.body is None:
        return None
    made: dict[str, Json] = {}
    for field in fields(route.body):
        if field.name in told:
            made[field.name] = _value(resolved(field.type, route.body), told[field.name])
    return made


def _value(kind: Any, said: str) -> Json:
    if get_origin(kind) in (Union, types.UnionType):
        inside = [each for each in get_args(kind) if each is not type(None)]
        return None if not said else _value(inside[0], said)
    if kind is bool:
        return said == "true"
    if kind is int and said.isascii() and said.isdigit():
        return int(said)
    return said


def back(told: Mapping[str, str]) -> str:
    """Return where a form leads afterwards: a page of this console, whatever the form says."""
    wanted = told.get("next", "/console/")
    parts = urlsplit(wanted)
    own = not parts.scheme and not parts.netloc and wanted.startswith("/console/") and "\\" not in wanted
    return wanted if own else "/console/"
