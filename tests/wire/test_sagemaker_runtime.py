"""The runtime API as boto3 speaks it, past the short cut and through it: both see the same."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, ParamValidationError

from serving import SERVE, Plane, image, model, plane
from shipway.runtime.function_host import shortcut


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane with the endpoint `first`, and `fallen`, whose server is gone."""
    folder = tmp_path_factory.mktemp("wire")
    serve = image(folder / "image", {"serve": SERVE}, target="/opt/program", binds_to_port=True)
    with plane(folder / ".shipway") as started:
        started.endpoints.create("first", serve, model(folder / "m.tar.gz", "the model"))
        started.gateway.reserve_endpoint("fallen")
        started.gateway.add_endpoint("fallen", ports=[1])
        yield started


@pytest.fixture(params=["boto3", "short cut"])
def client(running: Plane, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A plain boto3 client, made as user code makes it."""
    before = list(botocore.handlers.BUILTIN_HANDLERS)
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*before])
    address = running.gateway.runtime_address
    wanted = "1" if request.param == "short cut" else "0"
    assert shortcut.install({shortcut.ADDRESS: address, "SHIPWAY_BOTO3_SHORTCUT": wanted}) is (wanted == "1")
    monkeypatch.setenv(shortcut.ADDRESS, address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    session = boto3.Session(region_name="us-east-1")
    made = session.client("sagemaker-runtime", config=Config(retries={"max_attempts": 1}))
    yield made
    made.close()
    for _, handler in botocore.handlers.BUILTIN_HANDLERS[len(before) :]:
        if isinstance(handler, shortcut.Shortcut):
            handler.close()


def test_an_answer(client: Any) -> None:
    answer = client.invoke_endpoint(
        EndpointName="first", ContentType="text/csv", Body=b"1,2", InferenceId="order-7", CustomAttributes="color=red"
    )
    assert answer["Body"].read() == b"the model:order-7:1,2"
    assert answer["ContentType"] == "text/csv"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["CustomAttributes"] == "color=red"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36


def test_a_body_of_two_megabytes(client: Any) -> None:
    body = os.urandom(2 * 1024 * 1024)
    answer = client.invoke_endpoint(EndpointName="first", ContentType="application/octet-stream", Body=body)
    assert answer["Body"].read() == b"the model::" + body


def test_text_as_a_body(client: Any) -> None:
    assert client.invoke_endpoint(EndpointName="first", Body="é")["Body"].read() == "the model::é".encode()


@pytest.mark.parametrize(("body", "status", "said"), [(b"fail", 500, 'it said "no"'), (b"refuse", 400, "bad row")])
def test_the_models_error(client: Any, body: bytes, status: int, said: str) -> None:
    with pytest.raises(client.exceptions.ModelError) as raised:
        client.invoke_endpoint(EndpointName="first", ContentType="text/csv", Body=body)
    response = raised.value.response
    assert response["OriginalStatusCode"] == status
    assert response["OriginalMessage"] == said
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert said in response["Error"]["Message"]


def test_no_such_endpoint(client: Any) -> None:
    with pytest.raises(ClientError) as raised:
        client.invoke_endpoint(EndpointName="no-such", Body=b"1")
    assert raised.value.response["Error"] == {"Code": "ValidationError", "Message": "Endpoint no-such not found."}


def test_a_server_that_is_gone(client: Any) -> None:
    with pytest.raises(client.exceptions.ServiceUnavailable) as raised:
        client.invoke_endpoint(EndpointName="fallen", Body=b"1")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


@pytest.mark.parametrize(
    "members",
    [
        {"EndpointName": "first"},
        {"EndpointName": "first", "ContentType": "text/csv", "Body": 7},
        {"EndpointName": "first", "ContentType": 7, "Body": b"1"},
        {"EndpointName": "first", "ContentType": "text/csv", "Body": b"1", "Colour": "red"},
    ],
)
def test_members_that_boto3_refuses(client: Any, members: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        client.invoke_endpoint(**members)


def test_members_without_names(client: Any) -> None:
    with pytest.raises(TypeError):
        client.invoke_endpoint("first", b"1")


def test_a_header_that_none_may_be(client: Any) -> None:
    with pytest.raises(HTTPClientError, match="header"):
        client.invoke_endpoint(EndpointName="first", ContentType="text/csv", Body=b"1", CustomAttributes="a\r\nb: c")


def test_who_listens_to_calls_hears_them(client: Any) -> None:
    heard: list[str] = []
    ask = {"EndpointName": "first", "ContentType": "text/csv", "Body": b"1"}
    client.invoke_endpoint(**ask)
    client.meta.events.register("after-call.sagemaker-runtime", lambda event_name, **_: heard.append(event_name))
    client.invoke_endpoint(**ask)
    assert heard == ["after-call.sagemaker-runtime.InvokeEndpoint"]
