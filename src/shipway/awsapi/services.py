"""The JSON operations that traffic hooks and user code call beside S3: CodeDeploy's and SageMaker's."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shipway.awsapi.s3.request import read_request
from shipway.awsapi.signature import verify
from shipway.domain.endpoint import Endpoint
from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json, JsonObject

BODY_LIMIT = 1024 * 1024
HOOK_STATUSES = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Unknown")
SIGNING_NAMES = {"CodeDeploy_20141006": "codedeploy", "SageMaker": "sagemaker"}


class OperationUnknown(ShipwayError):
    """This machine does not perform this operation."""

    message = "{operation} is not performed on this machine"
    hint = "known: {known}"
    exit_code = 2
    status = 400


class ParameterInvalid(ShipwayError):
    """A parameter that the service would refuse."""

    message = "{parameter} is {value!r}: {problem}"
    exit_code = 2
    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What the operations reach.

    answer_hook: (deployment, hook execution, status). describe_endpoint: name -> DescribeEndpoint's answer.
    """

    credentials: Callable[[str], str | None]
    answer_hook: Callable[[str, str, str], None]
    describe_endpoint: Callable[[str], JsonObject]


Operation = Callable[[Backend, JsonObject], JsonObject]


async def perform(request: Request, backend: Backend) -> Response:
    """Answer one JSON request, errors in AWS's form: {"__type", "message"}."""
    body = await request.body()
    target = request.headers["x-amz-target"]
    try:
        document = await asyncio.to_thread(_perform, request, target, body, backend)
    except ShipwayError as error:
        name = type(error).__name__
        return JSONResponse(
            {"__type": name, "message": str(error)}, status_code=error.status, headers={"x-amzn-ErrorType": name}
        )
    return JSONResponse(document, media_type="application/x-amz-json-1.1")


def _perform(request: Request, target: str, body: bytes, backend: Backend) -> JsonObject:
    service, _, operation = target.partition(".")
    found = OPERATIONS.get(target)
    if found is None:
        raise OperationUnknown(operation=target, known=", ".join(sorted(OPERATIONS)))
    verify(read_request(request.scope), body, SIGNING_NAMES[service], backend.credentials, datetime.now(UTC))
    if len(body) > BODY_LIMIT:
        raise ParameterInvalid(parameter="the body", value=len(body), problem=f"at most {BODY_LIMIT} bytes")
    try:
        document: Json = json.loads(body or b"{}")
    except ValueError as error:
        raise ParameterInvalid(parameter="the body", value=operation, problem=f"no JSON: {error}") from error
    if not isinstance(document, dict):
        raise ParameterInvalid(parameter="the body", value=operation, problem="an object is needed")
    return found(backend, document)


def _text(document: JsonObject, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise ParameterInvalid(parameter=name, value=value, problem="a text is needed")
    return value


def _put_hook_status(backend: Backend, document: JsonObject) -> JsonObject:
    hook = _text(document, "lifecycleEventHookExecutionId")
    status = _text(document, "status")
    if status not in HOOK_STATUSES:
        raise ParameterInvalid(parameter="status", value=status, problem=f"one of {', '.join(HOOK_STATUSES)}")
    if status not in ("Pending", "InProgress"):
        backend.answer_hook(_text(document, "deploymentId"), hook, status)
    return {"lifecycleEventHookExecutionId": hook}


def describe_endpoint(endpoint: Endpoint) -> JsonObject:
    """Return DescribeEndpoint's answer for an endpoint of this machine."""
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": f"arn:aws:sagemaker:us-east-1:000000000000:endpoint/{endpoint.name}",
        "EndpointConfigName": endpoint.name,
        "EndpointStatus": endpoint.status,
        "ProductionVariants": [{"VariantName": "AllTraffic", "CurrentInstanceCount": endpoint.instances}],
        "CreationTime": datetime.fromisoformat(endpoint.created).timestamp() if endpoint.created else 0,
    }


def _describe_endpoint(backend: Backend, document: JsonObject) -> JsonObject:
    return backend.describe_endpoint(_text(document, "EndpointName"))


OPERATIONS: Mapping[str, Operation] = {
    "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus": _put_hook_status,
    "SageMaker.DescribeEndpoint": _describe_endpoint,
}
