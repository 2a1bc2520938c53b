"""The whole path of a request: gateway, function with plain boto3, gateway again, endpoint."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import SERVE, Plane, function_image, image, model, plane
from shipway.domain.traffic import Counts

HANDLER = """
import os

import boto3
from botocore.exceptions import ClientError

client = boto3.client("sagemaker-runtime")

def handler(event, context):
    try:
        answer = client.invoke_endpoint(
            EndpointName=os.environ["ENDPOINT_NAME"], ContentType="text/csv", Body=event["body"],
            InferenceId=event["requestContext"]["requestId"],
        )
    except ClientError as error:
        original = error.response.get("OriginalStatusCode", 500)
        return {"statusCode": 400 if original == 400 else 502, "body": error.response["Error"]["Code"]}
    with open(os.path.join(os.environ["SHARED_VOLUME"], "last"), "w") as last:
        last.write(context.aws_request_id)
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": answer["Body"].read().decode()}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane with one endpoint and one function that asks it."""
    folder: Path = tmp_path_factory.mktemp("path")
    serve = image(folder / "model", {"serve": SERVE}, target="/opt/program", binds_to_port=True)
    with plane(folder / ".shipway") as started:
        started.endpoints.create("flights-prod-1", serve, model(folder / "m.tar.gz", "m1"))
        function = function_image(folder / "function", HANDLER)
        started.functions.publish("flights-api", "1", function, {"ENDPOINT_NAME": "flights-prod-1"})
        started.gateway.set_weights("flights-api", {"1": 100})
        yield started


def test_an_answer_can_be_traced(running: Plane) -> None:
    reply = running.ask(b"1,2", **{"content-type": "text/csv", "x-inference-id": "order-7"})
    assert (reply.status, reply.body) == (200, b"m1:order-7:1,2")
    assert (reply.headers["x-inference-id"], reply.headers["x-shipway-release"]) == ("order-7-r1", "1")
    assert (running.home / "volume" / "last").read_text() == "order-7"


def test_a_bad_row_is_the_clients_and_a_dead_model_the_versions(running: Plane) -> None:
    before = running.gateway.counts("flights-api")["1"]
    assert running.ask(b"refuse", **{"content-type": "text/csv"}).status == 400
    assert running.ask(b"fail", **{"content-type": "text/csv"}).status == 502
    running.endpoints.delete("flights-prod-1")
    gone = running.ask(b"1,2", **{"content-type": "text/csv"})
    assert (gone.status, gone.body) == (502, b"ValidationError")
    assert gone.headers["x-inference-id"]
    after = running.gateway.counts("flights-api")["1"].since(before)
    assert (after.requests, after.client_errors, after.server_errors) == (3, 1, 2)
    assert after != Counts()
