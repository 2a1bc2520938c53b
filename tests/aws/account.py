"""An AWS account in memory, behind real boto3 clients.

Each call goes the whole way through botocore up to the wire: the parameters are checked against the service's model
(required members, types, lengths, patterns and choices), and so is the shape of the answer. What an operation does is
a function from its parameters to its answer; an operation that nothing serves fails the test.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.loaders import create_loader
from botocore.model import OperationModel, Shape
from botocore.validate import validate_parameters

MODELS = create_loader()  # the services' models are large: read once a process
NUMBER = "111122223333"
REGION = "us-east-1"
Operation = Callable[[dict[str, Any]], Mapping[str, Any] | None]


class Refusal(Exception):
    """An error of the service. code: as the service names it; status: HTTP; more: what it tells beside the message."""

    def __init__(self, code: str, message: str = "", status: int = 400, **more: str) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.more = code, message or code, status, more


@dataclass(frozen=True, slots=True)
class Call:
    """One outgoing call. service: boto3's name ("stepfunctions"); operation: the API's ("StartExecution")."""

    service: str
    operation: str
    parameters: Mapping[str, Any]


@dataclass
class Account:
    """serves: "service.Operation" -> what it does. calls: everything that was asked, in order."""

    serves: dict[str, Operation] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def session(self) -> boto3.Session:
        """Return a session whose clients all speak to this account."""
        core = botocore.session.get_session()
        core.register_component("data_loader", MODELS)
        core.set_credentials("AKIAEXAMPLE", "secret")
        core.set_config_variable("region", REGION)
        core.register("before-parameter-build.*.*", self._asked)
        core.register("before-call.*.*", self._answer)
        return boto3.Session(botocore_session=core, region_name=REGION)

    def called(self, operation: str) -> list[Mapping[str, Any]]:
        """Return the parameters of each call of "service.Operation"."""
        return [each.parameters for each in self.calls if f"{each.service}.{each.operation}" == operation]

    def _asked(self, params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        context["asked"] = dict(params)

    def _answer(
        self, model: OperationModel, context: dict[str, Any], **_: object
    ) -> tuple[AWSResponse, dict[str, Any]]:
        asked = context["asked"]
        service = model.service_model.service_name
        check(asked, model.input_shape, model.name)
        self.calls.append(Call(service, model.name, asked))
        serve = self.serves.get(f"{service}.{model.name}")
        if serve is None:
            pytest.fail(f"nothing serves {service}.{model.name}({asked})")
        try:
            answer = dict(serve(asked) or {})
        except Refusal as refusal:
            error = {"Error": {"Code": refusal.code, "Message": refusal.message, **refusal.more}}
            return _http(refusal.status), {**error, "ResponseMetadata": {"HTTPStatusCode": refusal.status}}
        if model.output_shape is not None:
            plain = {name: b"" if name in ("Body", "Payload") else value for name, value in answer.items()}
            validate_parameters(plain, model.output_shape)
        return _http(200), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}


def check(value: Any, shape: Shape | None, path: str) -> None:
    """Fail the test where a value breaks a limit of the model that boto3 leaves to the service to check."""
    if shape is None or value is None:
        return
    if shape.type_name == "structure":
        for name, each in value.items():
            check(each, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        _bounded(len(value), shape, path)
        for number, each in enumerate(value):
            check(each, shape.member, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, each in value.items():
            check(key, shape.key, f"{path} key")
            check(each, shape.value, f"{path}.{key}")
    elif shape.type_name == "string":
        _text(value, shape, path)
    elif shape.type_name in ("integer", "long"):
        _bounded(value, shape, path)


def _text(value: str, shape: Shape, path: str) -> None:
    _bounded(len(value), shape, path)
    if shape.enum and value not in shape.enum:
        pytest.fail(f"{path}: {value!r} is none of {shape.enum}")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.search(_python(pattern), value):
        pytest.fail(f"{path}: {value!r} does not fit {pattern}")


def _python(pattern: str) -> str:
    """Return a service's pattern in Python's own notation, which knows no \\p{...} classes."""
    known = {r"\p{L}": "a-zA-Z", r"\p{Z}": " ", r"\p{N}": "0-9", r"\p{M}": "", r"\p{S}": "", r"\p{P}": "_.-"}
    for name, letters in known.items():
        pattern = pattern.replace(name, letters)
    return pattern if "\\p{" not in pattern and "\\u" not in pattern else ""


def _bounded(size: int, shape: Shape, path: str) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        pytest.fail(f"{path}: {size} is not within {low}..{high}")


def _http(status: int) -> AWSResponse:
    return AWSResponse("https://aws.example", status, {}, None)
