"""The API function: requests as Lambda proxy events, and a handler's answers as HTTP."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qsl, unquote

from shipway.domain.capture import EVENT
from shipway.domain.errors import ShipwayError
from shipway.domain.traffic import CLIENT
from shipway.domain.values import Json, JsonObject

PAYLOAD_LIMIT = 6 * 1024 * 1024  # bytes of an event or a result, as Lambda has it
TIME_LIMIT = 30.0  # seconds for one request through the API
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-connection"}
)
INFERENCE_ID = "x-inference-id"
HIDDEN = (CLIENT, EVENT, "x-api-key")  # headers that are between the gateway and the host
RELEASE = "x-shipway-release"
RECENT_FOLDER = "SHIPWAY_RECENT"  # variables of the host: where it keeps recent requests, and how many
RECENT_COUNT = "SHIPWAY_RECENT_COUNT"
TEXT_TYPES = "(?:text/[a-z0-9.+-]+|application/json|application/x-www-form-urlencoded)"
TEXT = re.compile(TEXT_TYPES + r"\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)


class FunctionNotFound(ShipwayError):
    """No function of this name is deployed on this target."""

    message: ClassVar[str] = "function {function!r} does not exist"
    hint: ClassVar[str] = "deploy it first: shipway start"
    exit_code: ClassVar[int] = 4
    status: ClassVar[int] = 404


class FunctionFailed(ShipwayError):
    """A function's process does not come up, so no request can be sent to this version."""

    message: ClassVar[str] = "function {function!r} version {version!r} failed to start: {cause}"
    hint: ClassVar[str] = "read its log: {log}\n{tail}"
    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 502


class FunctionNameInvalid(ShipwayError):
    """A name or a version that Lambda, a file or a table could not carry."""

    message: ClassVar[str] = "{name!r} cannot be a function's {what}"
    hint: ClassVar[str] = "use letters, digits, hyphens and underscores"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


class VersionInUse(ShipwayError):
    """A version with traffic is not removed."""

    message: ClassVar[str] = "version {version!r} of function {function!r} has {percent} % of the traffic"
    hint: ClassVar[str] = "move the traffic first"
    exit_code: ClassVar[int] = 5
    status: ClassVar[int] = 409


class InvocationFailed(ShipwayError):
    """A handler that was called once did not return; `facts["document"]` is Lambda's error document."""

    message: ClassVar[str] = "{handler} failed: {kind}: {cause}"
    hint: ClassVar[str] = "its log has the whole traceback"
    exit_code: ClassVar[int] = 3
    status: ClassVar[int] = 502


class MalformedAnswer(ShipwayError):
    """What a handler returned is no proxy answer."""

    message: ClassVar[str] = "the handler's answer is malformed: {problem}"
    hint: ClassVar[str] = 'return {{"statusCode": 200, "headers": {{...}}, "body": "text"}}'
    status: ClassVar[int] = 502


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request: target is path and query as sent; headers in order, names as sent."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """One answer: headers in order, without Content-Length, which the server that sends it adds."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_header(self, name: str, value: str) -> "HttpAnswer":
        """Return the answer with this header and no other of its name."""
        rest = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return HttpAnswer(status=self.status, headers=(*rest, (name, value)), body=self.body)


def is_text(content_type: str) -> bool:
    """Return whether a body of this type reaches the handler as text; anything else is a binary media type."""
    return not content_type.strip() or TEXT.fullmatch(content_type.strip()) is not None


def proxy_event(request: HttpRequest, *, request_id: str, stage: str, epoch_ms: int) -> JsonObject:
    """Return the API Gateway REST proxy event (version 1) of a request.

    request_id: the inference id. epoch_ms: time of the request, milliseconds since 1970.
    A body of a text type that is no UTF-8 goes as base64, so that no byte is lost.
    """
    path, _, query = request.target.partition("?")
    headers = [(name, value) for name, value in request.headers if name.lower() not in HIDDEN]
    body, encoded = _event_body(request)
    many_headers = _gather(headers)
    parameters = _gather(parse_qsl(query, keep_blank_values=True))
    below = unquote(path).removeprefix("/api").strip("/")
    return {
        "resource": "/api/{proxy+}" if below else "/api",
        "path": unquote(path),
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in many_headers.items()},
        "multiValueHeaders": {name: [*values] for name, values in many_headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": {name: [*values] for name, values in parameters.items()} or None,
        "pathParameters": {"proxy": below} if below else None,
        "stageVariables": None,
        "requestContext": _context(request, unquote(path), request_id=request_id, stage=stage, epoch_ms=epoch_ms),
        "body": body,
        "isBase64Encoded": encoded,
    }


def _context(request: HttpRequest, path: str, *, request_id: str, stage: str, epoch_ms: int) -> JsonObject:
    return {
        "requestId": request_id,
        "extendedRequestId": request_id,
        "stage": stage,
        "path": path,
        "httpMethod": request.method,
        "protocol": "HTTP/1.1",
        "requestTimeEpoch": epoch_ms,
        "identity": {
            "sourceIp": request.source,
            "userAgent": _header(request, "user-agent"),
            "apiKeyId": _header(request, CLIENT),
        },
    }


def _event_body(request: HttpRequest) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if is_text(_header(request, "content-type")):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _header(request: HttpRequest, name: str) -> str:
    return next((value for key, value in request.headers if key.lower() == name), "")


def _gather(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return name -> values in order; names that differ in case only are one, spelled as first seen."""
    spelled: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(spelled.setdefault(name.lower(), name), []).append(value)
    return found


def http_answer(result: object) -> HttpAnswer:
    """Return the HTTP answer that a handler's proxy answer stands for.

    result: {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}, the first alone required.
    Raises MalformedAnswer where API Gateway would answer 502 too.
    """
    if not isinstance(result, Mapping):
        raise MalformedAnswer(problem=f"it is {_kind(result)}, not an object")
    unknown = set(result) - {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
    if unknown:
        raise MalformedAnswer(problem=f"unknown member {min(map(str, unknown))!r}")
    headers = _headers(result.get("headers"), result.get("multiValueHeaders"))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    body = _answer_body(result.get("body"), result.get("isBase64Encoded", False))
    return HttpAnswer(status=_status(result.get("statusCode")), headers=tuple(headers), body=body)


def _status(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise MalformedAnswer(problem=f"statusCode is {_kind(value)}, not a whole number")
    if not 200 <= value <= 599:
        raise MalformedAnswer(problem=f"statusCode {value} is not between 200 and 599")
    return value


def _headers(single: object, many: object) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, values in _object(many, "multiValueHeaders").items():
        if not isinstance(values, Sequence) or isinstance(values, str):
            raise MalformedAnswer(problem=f"multiValueHeaders[{name!r}] is {_kind(values)}, not a list")
        found += [(name, _scalar(name, value)) for value in values]
    listed = {name.lower() for name, _ in found}
    for name, value in _object(single, "headers").items():
        if name.lower() not in listed:
            found.append((name, _scalar(name, value)))
    return [pair for pair in found if pair[0].lower() not in HOP_BY_HOP | {"content-length"}]


def _object(value: object, what: str) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise MalformedAnswer(problem=f"{what} is {_kind(value)}, not an object")
    bad = next((name for name in value if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name)), None)
    if bad is not None:
        raise MalformedAnswer(problem=f"{bad!r} cannot be a header's name")
    return value


def _scalar(name: str, value: object) -> str:
    if not isinstance(value, str | int | float):
        raise MalformedAnswer(problem=f"header {name!r} is {_kind(value)}, not text")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not text.isascii() or any((ord(sign) < 32 and sign != "\t") or ord(sign) == 127 for sign in text):
        raise MalformedAnswer(problem=f"header {name!r} has a character that no header may have")
    return text


def _answer_body(body: object, encoded: object) -> bytes:
    if not isinstance(encoded, bool):
        raise MalformedAnswer(problem=f"isBase64Encoded is {_kind(encoded)}, not true or false")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswer(problem=f"body is {_kind(body)}, not text; encode it with json.dumps")
    try:
        return base64.b64decode(body, validate=True) if encoded else body.encode()
    except (binascii.Error, ValueError) as error:
        what = "base64" if encoded else "text"
        raise MalformedAnswer(problem=f"body is no valid {what}: {error}") from None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), f"a {type(value).__name__}")


def failure(status: int, message: str, inference_id: str) -> HttpAnswer:
    """Return an error answer of the platform's own: JSON with a message and the inference id, nothing internal."""
    body = json.dumps({"message": message, "inferenceId": inference_id}).encode()
    return HttpAnswer(status=status, headers=(("content-type", "application/json"),), body=body)


def error_document(kind: str, message: str, trace: Sequence[str], request_id: str = "") -> JsonObject:
    """Return what Lambda reports for a handler that raised."""
    stack: list[Json] = [*trace]
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": stack}


def check_function(name: str, version: str) -> None:
    """Raises FunctionNameInvalid when Lambda, a file name or a table could not carry them."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise FunctionNameInvalid(name=name, what="name")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", version):
        raise FunctionNameInvalid(name=version, what="version")
