"""An API Gateway proxy event in, a proxy answer out, and the endpoint between them.

The client's fault is a 4xx that says what is wrong; whatever else goes wrong is a 502 with the inference id. So the
errors that are counted against a release are the release's own, and none is swallowed.
"""

import base64
import binascii
import json
import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

MAX_BODY = 6_291_456  # bytes, as the endpoint's API allows
CLIENT_FAULTS = {400, 406, 413, 415, 422}  # of the model's answers; a 404 or a 429 of it is no client's doing

# Made once a process: a client costs more than a hundred calls.
RUNTIME = boto3.client(
    "sagemaker-runtime",
    config=Config(
        connect_timeout=2,
        read_timeout=20,
        max_pool_connections=32,
        retries={"mode": "standard", "total_max_attempts": 2},
    ),
)


@dataclass(frozen=True)
class Request:
    """What the client sent. accept: "" without a wish."""

    body: bytes
    kind: str
    accept: str
    inference_id: str


@dataclass(frozen=True)
class Reply:
    """What the client gets."""

    body: bytes
    kind: str
    status: int = 200


class Refused(Exception):
    """The request cannot be answered as it is; `status` is a 4xx."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def handle(event: Mapping[str, Any], respond: Callable[[Request], Reply]) -> dict[str, Any]:
    """Return the proxy answer to one event. Never raises: an exception here would be a malformed answer."""
    inference_id = str((event.get("requestContext") or {}).get("requestId") or "")
    try:
        reply = respond(_request(event, inference_id))
    except Refused as refusal:
        reply = _error(refusal.status, str(refusal), inference_id)
    except Exception as problem:  # noqa: BLE001  each is an answer of this release
        # On AWS an alarm on this line takes the release back: an endpoint that is dead reports nothing itself.
        told = {"inferenceId": inference_id, "endpoint": os.environ.get("ENDPOINT_NAME"), "error": repr(problem)}
        print(json.dumps({**told, "trace": traceback.format_exc()}))
        reply = _error(502, "the model did not answer", inference_id)
    return _proxy(reply, inference_id)


def invoke(request: Request) -> Reply:
    """Return the endpoint's answer; one that blames the request is passed on as it stands."""
    wishes = {"Accept": request.accept} if request.accept else {}
    known = {"InferenceId": request.inference_id} if request.inference_id else {}
    try:
        answer = RUNTIME.invoke_endpoint(
            EndpointName=os.environ["ENDPOINT_NAME"], ContentType=request.kind, Body=request.body, **wishes, **known
        )
    except ClientError as problem:
        status = problem.response.get("OriginalStatusCode")
        if status not in CLIENT_FAULTS:
            raise
        raise Refused(status, _reason(problem.response.get("OriginalMessage") or "")) from None
    return Reply(answer["Body"].read(), answer["ContentType"])


def ask(request: Request, body: bytes, kind: str) -> Any:
    """Return the endpoint's answer to another body, as parsed JSON."""
    return json.loads(invoke(replace(request, body=body, kind=kind, accept="application/json")).body)


def header(event: Mapping[str, Any], name: str) -> str:
    """Return a header's value whatever the case of its name, "" where it is absent."""
    for given, value in (event.get("headers") or {}).items():
        if given.lower() == name:
            return str(value or "").strip()
    for given, values in (event.get("multiValueHeaders") or {}).items():
        if given.lower() == name and values:
            return str(values[-1] or "").strip()
    return ""


def _request(event: Mapping[str, Any], inference_id: str) -> Request:
    method = event.get("httpMethod") or "POST"
    if method != "POST":
        raise Refused(405, "predictions are asked for with POST")
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        content = decode(body, "the body")
    else:
        content = body.encode() if isinstance(body, str) else b""
    if not content:
        raise Refused(400, "the body is empty")
    if len(content) > MAX_BODY:
        raise Refused(413, f"the body has {len(content)} bytes, {MAX_BODY} are allowed")
    kind = header(event, "content-type")
    if not kind:
        raise Refused(415, "the request needs a Content-Type")
    return Request(content, kind, header(event, "accept"), inference_id)


def decode(text: Any, what: str) -> bytes:
    """Return the bytes of a base64 text; raises Refused."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Refused(400, f"{what} is not base64") from None


def _reason(message: str) -> str:
    try:
        return str(json.loads(message)["message"])
    except (ValueError, KeyError, TypeError):
        return message or "the model refused the request"


def _error(status: int, message: str, inference_id: str) -> Reply:
    body = json.dumps({"message": message, "inferenceId": inference_id})
    return Reply(body.encode(), "application/json", status)


def _proxy(reply: Reply, inference_id: str) -> dict[str, Any]:
    headers = {"Content-Type": reply.kind, "x-inference-id": inference_id}
    try:
        body, encoded = reply.body.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(reply.body).decode(), True
    return {"statusCode": reply.status, "headers": headers, "body": body, "isBase64Encoded": encoded}
