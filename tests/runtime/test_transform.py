"""How records are sent and answers are put together."""

import threading

import pytest

from shipway.runtime.transform import Plan, TransformFailed, batches, join, select, transform

PLAN: Plan = {
    "split": "Line",
    "assemble": "Line",
    "batch": "MultiRecord",
    "concurrent": 1,
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


def test_answers_keep_the_order_of_their_records_however_many_are_asked_at_once() -> None:
    content = b"".join(b"%d\n" % number for number in range(200))
    plan = {**PLAN, "batch": "SingleRecord", "concurrent": 8}
    together = threading.Barrier(8, timeout=10)

    def ask(payload: bytes) -> bytes:
        if int(payload) < 8:
            together.wait()  # eight are really under way at the same time
        return payload

    assert transform(content, plan, ask) == content


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
@pytest.mark.parametrize("bad", [1, 2, 57, 100])
def test_the_line_that_is_refused_is_named(strategy: str, bad: int) -> None:
    content = b"".join(b"bad\n" if number == bad else b"%d\n" % number for number in range(1, 101))
    asked = []

    def ask(payload: bytes) -> bytes:
        asked.append(payload)
        if b"bad" in payload:
            raise TransformFailed("the model answered 400: not a number")
        return payload

    with pytest.raises(TransformFailed, match=f"^line {bad + 1}: the model answered 400: not a number$"):
        transform(content, {**PLAN, "batch": strategy}, ask, skipped=1)
    assert len(asked) <= (100 if strategy == "SingleRecord" else 16)


def test_a_record_that_a_filter_cannot_read_is_named() -> None:
    with pytest.raises(TransformFailed, match=r"^line 2: it is not what a filter expects"):
        transform(b"1,2\n3\n", {**PLAN, "input_filter": "$[1]"}, echo)
