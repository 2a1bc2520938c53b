"""Labels by HTTP: who may tell them, and what is answered."""

import hashlib
import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from fake_quality import FakeQuality
from s3_server import serving_app
from shipway.awsapi.app import LABELS, api
from shipway.awsapi.labels import LabelsPage
from shipway.awsapi.services import Backend
from shipway.domain.values import JsonObject

KEYS = {hashlib.sha256(b"a-key").hexdigest(): "ada"}


@pytest.fixture
def address() -> Iterator[str]:
    quality = FakeQuality()
    page = LabelsPage(lambda: KEYS, lambda text, by: quality.add(text, source="the request", by=by))

    async def no_s3(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError(scope["path"])

    def nothing(name: str) -> JsonObject:
        raise AssertionError(name)

    backend = Backend(credentials=lambda _: None, answer_hook=lambda *_: None, describe_endpoint=nothing)
    with serving_app(api(no_s3, backend, lambda: True, {LABELS: page.answer})) as found:
        yield found


def send(address: str, body: str, key: str, method: str = "POST") -> tuple[int, dict[str, object]]:
    url = urlsplit(address)
    with closing(http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)) as connection:
        connection.request(method, LABELS, body, {"x-api-key": key} if key else {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_a_client_tells_labels_and_hears_what_became_of_them(address: str) -> None:
    status, told = send(address, "inference,label\na-r1,1\nb-r1,0\n", "a-key")
    assert (status, told["new"], told["conflicts"]) == (200, 2, [])
    status, told = send(address, '{"inference": "a", "label": 0}\nno label\n', "a-key")
    assert (status, told["new"], told["conflicts"]) == (200, 0, ["a: had 1.0, got 0.0"])
    assert told["faults"] == [{"line": 2, "problem": told["faults"][0]["problem"]}]  # type: ignore[index]


@pytest.mark.parametrize(
    ("body", "key", "method", "status"),
    [
        ("inference,label\na,1\n", "", "POST", 403),
        ("inference,label\na,1\n", "another", "POST", 403),
        ("nothing of use", "a-key", "POST", 422),
        ("", "a-key", "GET", 400),
    ],
)
def test_what_is_refused_says_why(address: str, body: str, key: str, method: str, status: int) -> None:
    found, told = send(address, body, key, method)
    assert found == status
    assert told["message"]
