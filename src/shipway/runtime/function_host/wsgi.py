"""The host as a WSGI application, for servers that speak nothing else."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from shipway.domain.function import HttpAnswer, HttpRequest
from shipway.runtime.function_host.app import App
from shipway.runtime.function_host.limits import BODY_LIMIT

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


def application(app: App) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """Return the WSGI callable of this app."""

    def call(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        answer = app.too_large() if length > BODY_LIMIT else _answer(app, environ)
        start_response(reason(answer.status), [*answer.headers, ("content-length", str(len(answer.body)))])
        return [answer.body]

    return call


def reason(status: int) -> str:
    """Return a status line's text: code and phrase."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _answer(app: App, environ: Environ) -> HttpAnswer:
    body = environ["wsgi.input"].read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        return app.too_large()
    raw = environ.get("RAW_URI") or environ.get("PATH_INFO", "/")
    query = environ.get("QUERY_STRING", "")
    target = raw if "?" in raw or not query else f"{raw}?{query}"
    headers = [(key[5:].replace("_", "-").lower(), str(value)) for key, value in environ.items() if key[:5] == "HTTP_"]
    for key, name in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
        if environ.get(key):
            headers.append((name, str(environ[key])))
    return app.answer(
        HttpRequest(
            method=environ["REQUEST_METHOD"],
            target=target,
            headers=headers,
            body=body,
            source=environ.get("REMOTE_ADDR", ""),
        )
    )
