"""How records are sent and answers are put together."""

import pytest

from shipway.runtime.transform import Plan, TransformFailed, batches, join, select, transform

PLAN: Plan = {
    "split": "Line",
    "assemble": "Line",
    "batch": "MultiRecord",
    "payload": 0,
    "input_filter": "$",
    "output_filter": "$",
    "join": "None",
}


@pytest.mark.parametrize(
    ("most", "single", "groups"),
    [
        (0, False, [[b"aa", b"b", b"cc"]]),
        (5, False, [[b"aa", b"b"], [b"cc"]]),
        (2, False, [[b"aa"], [b"b"], [b"cc"]]),
        (0, True, [[b"aa"], [b"b"], [b"cc"]]),
    ],
)
def test_batches(most: int, single: bool, groups: list[list[bytes]]) -> None:
    assert list(batches([b"aa", b"b", b"cc"], most, single)) == groups


def test_a_record_longer_than_a_payload_may_be_is_refused() -> None:
    with pytest.raises(TransformFailed, match="line 2 has 9 bytes, MaxPayloadInMB allows 4"):
        list(batches([b"a", b"123456789"], 4, False))


@pytest.mark.parametrize(
    ("record", "rule", "left"),
    [
        (b"1,2,3", "$", b"1,2,3"),
        (b"1,2,3", "$[1:]", b"2,3"),
        (b"1,2,3", "$[0]", b"1"),
        (b"1,2,3", "$[-1]", b"3"),
        (b"1,2,3", "$[:-1]", b"1,2"),
        (b'"a,b",2', "$[0:]", b'"a,b",2'),
        (b'{"a": [1], "b": 2}', "$.a", b"[1]"),
    ],
)
def test_filters(record: bytes, rule: str, left: bytes) -> None:
    assert select(record, rule) == left


def test_join() -> None:
    assert join(b"1,2", b"9") == b"1,2,9"
    assert join(b'{"a": 1}', b"[9]") == b'{"a": 1, "SageMakerOutput": [9]}'


def echo(payload: bytes) -> bytes:
    return payload


@pytest.mark.parametrize(
    ("change", "content", "output"),
    [
        ({}, b"1\n2\n", b"1\n2\n"),
        ({"split": "None", "assemble": "None"}, b"\x00\n\x01", b"\x00\n\x01"),
        ({"batch": "SingleRecord"}, b"1\n\n2", b"1\n2\n"),
        ({"join": "Input"}, b"1\n2\n", b"1,1\n2,2\n"),
        ({"join": "Input", "input_filter": "$[1:]", "output_filter": "$[0]"}, b"a,1\nb,2\n", b"a\nb\n"),
    ],
)
def test_a_whole_file(change: Plan, content: bytes, output: bytes) -> None:
    assert transform(content, {**PLAN, **change}, echo) == output


def test_answers_that_do_not_match_their_records_are_refused() -> None:
    with pytest.raises(TransformFailed, match="2 records were sent in one request, 1 answers came back"):
        transform(b"1\n2\n", {**PLAN, "join": "Input"}, lambda _: b"9")
