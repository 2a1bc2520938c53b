"""Scraping: Prometheus asks at the usual address, and a bucket of that name is still a bucket."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from s3_server import serving_app
from shipway.awsapi.app import api
from shipway.awsapi.metrics import METRICS, USUAL, MetricsPage
from shipway.awsapi.s3 import s3_app
from shipway.awsapi.services import Backend
from shipway.domain.endpoint import EndpointNotFound
from shipway.domain.values import JsonObject
from shipway.targets.local.store import Store

KEY, SECRET = "SWTEST", "a secret"
TEXT = b"# TYPE shipway_up gauge\nshipway_up 1\n"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    def secret(key: str) -> str | None:
        return SECRET if key == KEY else None

    def describe(name: str) -> JsonObject:
        raise EndpointNotFound(endpoint=name)

    backend = Backend(credentials=secret, answer_hook=lambda *_: None, describe_endpoint=describe)
    pages = {METRICS: MetricsPage(lambda: TEXT).answer}
    with serving_app(api(s3_app(Store(tmp_path / "store"), secret), backend, lambda: True, pages)) as address:
        yield address


@pytest.mark.parametrize("path", [USUAL, METRICS])
def test_a_prometheus_server_scrapes(url: str, path: str) -> None:
    with urllib.request.urlopen(url + path) as answer:  # noqa: S310
        assert answer.headers["content-type"].startswith("text/plain; version=")
        assert answer.read() == TEXT


def test_nobody_posts_metrics(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url + METRICS, data=b"x")  # noqa: S310
    with refused.value as answer:
        assert answer.code == 405


def test_a_bucket_called_metrics_is_a_bucket(url: str) -> None:
    plain, second = (
        boto3.client(
            "s3",
            endpoint_url=url,
            config=Config(
                s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, signature_version=version
            ),
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )
        for version in ("s3v4", "s3")
    )
    plain.create_bucket(Bucket="metrics")
    plain.put_object(Bucket="metrics", Key="a", Body=b"1")
    assert [each["Key"] for each in plain.list_objects_v2(Bucket="metrics")["Contents"]] == ["a"]
    signed = plain.generate_presigned_url("list_objects", Params={"Bucket": "metrics"})
    with urllib.request.urlopen(signed) as answer:  # noqa: S310
        assert b"<Key>a</Key>" in answer.read()
    older = second.generate_presigned_url("list_objects", Params={"Bucket": "metrics"})
    with pytest.raises(urllib.error.HTTPError) as said, urllib.request.urlopen(older):  # noqa: S310
        pass
    with said.value as answer:  # the store answers, whatever it thinks of the signature
        assert b"<Code>" in answer.read()
