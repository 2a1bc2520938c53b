"""The JSON services as plain boto3 calls them: signed, checked, and answered in AWS's form."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from s3_server import serving_app
from shipway.awsapi.app import APPROVE, api
from shipway.awsapi.approve import ApprovalPage
from shipway.awsapi.s3 import s3_app
from shipway.awsapi.services import Backend, describe_endpoint
from shipway.domain.approval import Approval, ApprovalNotFound
from shipway.domain.endpoint import Endpoint, EndpointNotFound
from shipway.domain.values import JsonObject
from shipway.targets.local.store import Store

KEY, SECRET = "SWTEST", "a secret"
ONCE = Config(retries={"total_max_attempts": 1})


class Hooks:
    """Remembers what hooks said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []

    def answer(self, deployment: str, hook: str, status: str) -> None:
        self.said.append((deployment, hook, status))


@pytest.fixture
def hooks() -> Hooks:
    return Hooks()


@pytest.fixture
def url(tmp_path: Path, hooks: Hooks) -> Iterator[str]:
    def describe(name: str) -> JsonObject:
        if name != "e":
            raise EndpointNotFound(endpoint=name)
        return describe_endpoint(Endpoint(name="e", image="i", model="m", model_digest="d", status="InService"))

    def secret(key: str) -> str | None:
        return SECRET if key == KEY else None

    def nobody(*_: object) -> Approval:
        raise ApprovalNotFound(approval="a link")

    page = ApprovalPage(nobody, nobody)
    backend = Backend(credentials=secret, answer_hook=hooks.answer, describe_endpoint=describe)
    with serving_app(
        api(s3_app(Store(tmp_path / "store"), secret), backend, lambda: True, {APPROVE: page.answer})
    ) as address:
        yield address


def client(service: str, url: str, secret: str = SECRET) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        aws_access_key_id=KEY,
        aws_secret_access_key=secret,
        region_name="us-east-1",
        config=ONCE,
    )


def test_a_hook_reports_its_status(url: str, hooks: Hooks) -> None:
    answer = client("codedeploy", url).put_lifecycle_event_hook_execution_status(
        deploymentId="d", lifecycleEventHookExecutionId="h", status="Succeeded"
    )
    assert answer["lifecycleEventHookExecutionId"] == "h"
    assert hooks.said == [("d", "h", "Succeeded")]


def test_an_endpoint_is_described(url: str) -> None:
    answer = client("sagemaker", url).describe_endpoint(EndpointName="e")
    assert answer["EndpointStatus"] == "InService"


@pytest.mark.parametrize(
    ("service", "call", "arguments", "refusal"),
    [
        ("sagemaker", "describe_endpoint", {"EndpointName": "x"}, ("EndpointNotFound", 404)),
        ("sagemaker", "list_endpoints", {}, ("OperationUnknown", 400)),
        (
            "codedeploy",
            "put_lifecycle_event_hook_execution_status",
            {"deploymentId": "d", "lifecycleEventHookExecutionId": "h", "status": "Perhaps"},
            ("ParameterInvalid", 400),
        ),
    ],
)
def test_what_cannot_be_done_is_refused(
    url: str, hooks: Hooks, service: str, call: str, arguments: dict[str, str], refusal: tuple[str, int]
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client(service, url), call)(**arguments)
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == refusal
    assert hooks.said == []


def test_another_secret_is_refused(url: str, hooks: Hooks) -> None:
    with pytest.raises(ClientError) as refused:
        client("codedeploy", url, secret="another").put_lifecycle_event_hook_execution_status(
            deploymentId="d", lifecycleEventHookExecutionId="h", status="Succeeded"
        )
    assert refused.value.response["Error"]["Code"] == "SignatureRefused"
    assert hooks.said == []


def test_s3_answers_at_the_same_address(url: str) -> None:
    s3 = client("s3", url)
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"x")
    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"x"
