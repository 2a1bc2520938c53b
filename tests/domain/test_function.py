"""Requests as proxy events, answers as HTTP: one row a rule."""

from typing import Any

import pytest

from shipway.domain.function import (
    FunctionNameInvalid,
    HttpRequest,
    MalformedAnswer,
    check_function,
    failure,
    http_answer,
    is_text,
    proxy_event,
)


def event(body: bytes = b"", target: str = "/api", **headers: str) -> Any:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    request = HttpRequest(method="POST", target=target, headers=named, body=body, source="127.0.0.1")
    return proxy_event(request, request_id="id-1", stage="prod", epoch_ms=5)


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("", True),
        ("text/csv", True),
        ("Text/CSV; header=present", True),
        ("application/json", True),
        ("application/json;charset=utf-8", True),
        ("application/x-www-form-urlencoded", True),
        ("image/png", False),
        ("application/octet-stream", False),
        ("application/x-npy", False),
        ("application/jsonlines", False),
    ],
)
def test_which_bodies_are_text(content_type: str, text: bool) -> None:
    assert is_text(content_type) is text


@pytest.mark.parametrize(
    ("body", "content_type", "shown", "encoded"),
    [
        (b"", "text/csv", None, False),
        (b"1,2", "text/csv", "1,2", False),
        ("é".encode(), "application/json", "é", False),
        (b"\xff", "text/csv", "/w==", True),
        (b"1,2", "image/png", "MSwy", True),
    ],
)
def test_the_body_of_an_event(body: bytes, content_type: str, shown: str | None, encoded: bool) -> None:
    made = event(body, Content_Type=content_type)
    assert (made["body"], made["isBase64Encoded"]) == (shown, encoded)


def test_names_that_differ_in_case_are_one_header() -> None:
    headers = [("X-A", "1"), ("x-a", "2"), ("x-api-key", "secret"), ("x-shipway-client", "alice")]
    request = HttpRequest(method="GET", target="/api/a%20b?q=&q=%C3%A9", headers=headers, body=b"")
    made: Any = proxy_event(request, request_id="id-1", stage="prod", epoch_ms=5)
    assert made["headers"] == {"X-A": "2"}
    assert made["multiValueHeaders"] == {"X-A": ["1", "2"]}
    assert made["multiValueQueryStringParameters"] == {"q": ["", "é"]}
    assert (made["path"], made["resource"], made["pathParameters"]) == ("/api/a b", "/api/{proxy+}", {"proxy": "a b"})
    assert made["requestContext"]["identity"]["apiKeyId"] == "alice"
    assert made["requestContext"]["requestId"] == "id-1"


def test_nothing_asked_is_null() -> None:
    made = event()
    assert (made["queryStringParameters"], made["pathParameters"], made["resource"]) == (None, None, "/api")


def test_an_answer() -> None:
    made = http_answer(
        {
            "statusCode": "201",
            "headers": {"Content-Type": "image/png", "X-N": 5, "X-B": True, "Content-Length": "9", "x-many": "lost"},
            "multiValueHeaders": {"X-Many": ["1", "2"]},
            "body": "AAH/",
            "isBase64Encoded": True,
        }
    )
    assert made.status == 201
    assert made.body == b"\x00\x01\xff"
    assert made.headers == (
        ("X-Many", "1"),
        ("X-Many", "2"),
        ("Content-Type", "image/png"),
        ("X-N", "5"),
        ("X-B", "true"),
    )
    bare = http_answer({"statusCode": 204})
    assert (bare.status, bare.body, bare.headers) == (204, b"", (("content-type", "application/json"),))


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (None, "it is null"),
        ("text", "it is text"),
        ({}, "statusCode is null"),
        ({"statusCode": 500, "message": "x"}, "unknown member 'message'"),
        ({"statusCode": 200.0}, "statusCode is a float"),
        ({"statusCode": True}, "statusCode is true or false"),
        ({"statusCode": 99}, "statusCode 99"),
        ({"statusCode": 200, "body": {"a": 1}}, "body is an object"),
        ({"statusCode": 200, "body": "%%", "isBase64Encoded": True}, "no valid base64"),
        ({"statusCode": 200, "body": "\ud800"}, "no valid text"),
        ({"statusCode": 200, "isBase64Encoded": "yes"}, "isBase64Encoded is text"),
        ({"statusCode": 200, "headers": []}, "headers is a list"),
        ({"statusCode": 200, "headers": {"a b": "1"}}, "'a b' cannot be a header's name"),
        ({"statusCode": 200, "headers": {"a": "1\r\nb: 2"}}, "has a character"),
        ({"statusCode": 200, "headers": {"a": None}}, "header 'a' is null"),
        ({"statusCode": 200, "multiValueHeaders": {"a": "1"}}, "is text, not a list"),
    ],
)
def test_a_malformed_answer_is_named(result: object, problem: str) -> None:
    with pytest.raises(MalformedAnswer) as raised:
        http_answer(result)
    assert problem in str(raised.value)


def test_an_error_answer_is_valid_and_says_nothing_internal() -> None:
    made = failure(502, "Internal server error", "id-1")
    assert made.body == b'{"message": "Internal server error", "inferenceId": "id-1"}'
    assert made.with_header("X-Id", "1").with_header("x-id", "2").headers[-1] == ("x-id", "2")


@pytest.mark.parametrize(("name", "version"), [("a b", "1"), ("", "1"), ("a", "../1"), ("a", "1.2"), ("x" * 65, "1")])
def test_names_that_nothing_could_carry(name: str, version: str) -> None:
    check_function("flights-api", "12")
    with pytest.raises(FunctionNameInvalid):
        check_function(name, version)
