"""The short way from a handler to an endpoint: boto3's InvokeEndpoint over a kept connection, unsigned.

User code keeps plain boto3. SHIPWAY_BOTO3_SHORTCUT=0 turns it off. Only calls to the address in
AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME take it, and whatever it does not know how to answer goes boto3's own way.
"""

import http.client
import importlib.util
import io
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

ADDRESS = "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"
EVENT = "before-call.sagemaker-runtime.InvokeEndpoint"
BROKEN = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)
MEMBERS = {
    "content-type": "ContentType",
    "x-amzn-invoked-production-variant": "InvokedProductionVariant",
    "x-amzn-sagemaker-custom-attributes": "CustomAttributes",
    "x-amzn-sagemaker-new-session-id": "NewSessionId",
    "x-amzn-sagemaker-closed-session-id": "ClosedSessionId",
}


def install(environment: Mapping[str, str]) -> bool:
    """Let every boto3 session made from now on take the short way; return whether it does."""
    address = environment.get(ADDRESS, "")
    if environment.get("SHIPWAY_BOTO3_SHORTCUT", "1") == "0" or not address.startswith("http://"):
        return False
    if importlib.util.find_spec("botocore") is None:
        return False
    from botocore import handlers  # noqa: PLC0415 - only where the image has it

    handlers.BUILTIN_HANDLERS.append((EVENT, Shortcut(address)))
    return True


class Shortcut:
    """Answers a botocore `before-call` event, or None when boto3 shall do it."""

    def __init__(self, address: str) -> None:
        self._at = urlsplit(address)
        self._kept = threading.local()
        self._open: set[http.client.HTTPConnection] = set()

    def close(self) -> None:
        """Close the connections of all threads; a later call opens its own again."""
        while self._open:
            self._open.pop().close()

    def __call__(self, *, model: Any, params: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]] | None:
        """Return (response, parsed) as botocore has them after a call."""
        at = urlsplit(params["url"])
        body = params["body"]
        if (at.scheme, at.netloc) != (self._at.scheme, self._at.netloc):
            return None
        if isinstance(body, str):
            body = body.encode()
        if not isinstance(body, bytes | bytearray):
            return None
        headers = {name: _text(value) for name, value in params["headers"].items()}
        try:
            response, content = self._send(at.path, bytes(body), headers)
        except (OSError, http.client.HTTPException):
            return None
        if response.status == 429 or response.status >= 500:  # worth boto3's retries
            return None
        lowered = {name.lower(): value for name, value in response.getheaders()}
        if response.status >= 300:
            return _Status(response.status, lowered), _parsed_error(model, response.status, lowered, content)
        return _Status(response.status, lowered), _parsed(response.status, lowered, content)

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        """Send over this thread's connection; once more over a new one when the kept one was closed meanwhile."""
        kept: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
        if kept is not None:
            try:
                return _exchange(kept, path, body, headers)
            except BROKEN:
                kept.close()
                self._open.discard(kept)
        fresh = http.client.HTTPConnection(self._at.hostname or "", self._at.port, timeout=60)
        try:
            result = _exchange(fresh, path, body, headers)
        except BaseException:
            self._kept.connection = None
            fresh.close()
            raise
        self._kept.connection = fresh
        self._open.add(fresh)
        return result


class _Status:
    """As much of a response as botocore looks at after a call."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status_code = status
        self.headers = headers


def _exchange(
    connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    return response, response.read()


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _metadata(status: int, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "RequestId": headers.get("x-amzn-requestid", ""),
        "HTTPStatusCode": status,
        "HTTPHeaders": headers,
        "RetryAttempts": 0,
    }


def _parsed(status: int, headers: dict[str, str], content: bytes) -> dict[str, Any]:
    from botocore.response import StreamingBody  # noqa: PLC0415 - only where the image has it

    found: dict[str, Any] = {member: headers[name] for name, member in MEMBERS.items() if name in headers}
    body = StreamingBody(io.BytesIO(content), len(content))
    return {"ResponseMetadata": _metadata(status, headers), **found, "Body": body}


def _parsed_error(model: Any, status: int, headers: dict[str, str], content: bytes) -> dict[str, Any]:
    """Return what botocore's own parser makes of an error, with the members that the service model has for it."""
    from botocore.parsers import create_parser  # noqa: PLC0415 - only where the image has it

    parser = create_parser(model.service_model.resolved_protocol)
    document = {"status_code": status, "headers": _CaseInsensitive(headers), "body": content}
    parsed: dict[str, Any] = parser.parse(document, model.output_shape)
    shape = model.service_model.shape_for_error_code(parsed.get("Error", {}).get("Code", ""))
    if shape is not None:
        parsed.update(parser.parse(document, shape))
    parsed.setdefault("ResponseMetadata", {}).update(_metadata(status, headers))
    return parsed


class _CaseInsensitive(dict[str, str]):
    """Headers that answer to any spelling of their names."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header's value, else the default."""
        return super().get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())
