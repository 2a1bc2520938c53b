"""The model behind SageMaker's two paths, GET /ping and POST /invocations, as a bare WSGI application.

No web framework and no data frame: at one row a request they would cost more than the model does.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import orjson

import contract
import predictor
import rows

MAX_BODY = 6_291_456  # bytes; the platform refuses larger requests too
WORKERS = os.environ.get("SHIPWAY_SERVE_WORKERS", "1")
REASONS = {200: "200 OK", 400: "400 Bad Request", 404: "404 Not Found", 405: "405 Method Not Allowed"} | {
    406: "406 Not Acceptable", 411: "411 Length Required", 413: "413 Content Too Large",
    415: "415 Unsupported Media Type", 500: "500 Internal Server Error",
}  # fmt: skip
KINDS = {"text/csv": rows.CSV, "application/csv": rows.CSV, "application/json": rows.JSON, "text/json": rows.JSON}

# Loaded before the workers fork, so they share its memory; a model that does not load ends the server with its reason.
MODEL = predictor.load(contract.MODEL)

Environment = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]


def app(environment: Environment, start: Start) -> Iterable[bytes]:
    """Answer one request; only a fault of the model or of this code is a 500."""
    try:
        path = environment["PATH_INFO"]
        if path == "/invocations":
            status, kind, body = _invocations(environment)
        elif path == "/ping":
            return _ping(start)
        else:
            raise rows.BadInput(f"no such path: {path}; there are /ping and /invocations", status=404)
    except rows.BadInput as fault:
        message = {"message": str(fault), "row": fault.row, "column": fault.column}
        status, kind = fault.status, rows.JSON
        body = orjson.dumps({name: value for name, value in message.items() if value is not None})
    except Exception:  # noqa: BLE001  one request must not end the worker
        traceback.print_exc(file=sys.stderr)
        status, kind, body = 500, rows.JSON, b'{"message":"the model failed on this request; its log has the cause"}'
    start(REASONS[status], [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def _ping(start: Start) -> Iterable[bytes]:
    """Say which worker answers and how many there are, so that a caller can wait until every one of them does."""
    headers = [("Content-Type", rows.JSON), ("Content-Length", "2"), ("X-Worker", str(os.getpid()))]
    start(REASONS[200], [*headers, ("X-Workers", WORKERS)])
    return [b"{}"]


def _invocations(environment: Environment) -> tuple[int, str, bytes]:
    if environment["REQUEST_METHOD"] != "POST":
        raise rows.BadInput("predictions are asked for with POST", status=405)
    kind = _input_kind(environment.get("CONTENT_TYPE") or "")
    answer = _output_kind(environment.get("HTTP_ACCEPT") or "", kind)
    columns = rows.read(_body(environment), kind, MODEL.columns)
    return 200, answer, rows.write(MODEL.predict(columns), MODEL.outputs, answer)


def _body(environment: Environment) -> bytes:
    length = environment.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise rows.BadInput("the request needs a Content-Length", status=411)
    if int(length) > MAX_BODY:
        raise rows.BadInput(f"the body has {length} bytes, {MAX_BODY} are allowed", status=413)
    body: bytes = environment["wsgi.input"].read(int(length))
    return body


def _input_kind(header: str) -> str:
    kind = KINDS.get(header) or KINDS.get(header.partition(";")[0].strip().lower())
    if kind is None:
        raise rows.BadInput(f"Content-Type {header!r} is not known: send text/csv or application/json", status=415)
    return kind


def _output_kind(header: str, kind: str) -> str:
    """Return the first type of `header` that can be written, without a wish the request's own."""
    if not header or header == "*/*":
        return kind
    for wish in header.split(","):
        name = wish.partition(";")[0].strip().lower()
        if name in KINDS:
            return KINDS[name]
        if name in ("*/*", "application/*", "text/*"):
            return {"*/*": kind, "application/*": rows.JSON, "text/*": rows.CSV}[name]
    raise rows.BadInput(f"Accept {header!r} cannot be met: ask for text/csv or application/json", status=406)
