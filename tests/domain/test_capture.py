"""Captured records: SageMaker's format, written and read; keys; values."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain import capture
from shipway.domain.capture import CaptureKey, Encoding, Payload, Record, RecordMalformed, encoding_of
from shipway.domain.capture_values import examples, predictions

AT = datetime(2026, 2, 14, 17, 25, 6, tzinfo=UTC)
CSV = Payload(content_type="text/csv", body=b"1,AA\n2,BB\n")


def record(**changes: object) -> Record:
    said = Payload(content_type="text/csv", body=b"0.5\n0.25\n")
    return Record(**{"input": CSV, "output": said, "event": "e-1", "time": AT, **changes})  # type: ignore[arg-type]


def test_a_record_is_written_as_sagemaker_writes_it() -> None:
    line = capture.encode(record(inference="call-1", attributes="trace=7"))
    assert line.endswith(b"}\n")
    assert json.loads(line) == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "1,AA\n2,BB\n",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "text/csv",
                "mode": "OUTPUT",
                "data": "0.5\n0.25\n",
                "encoding": "CSV",
            },
        },
        "eventMetadata": {
            "eventId": "e-1",
            "inferenceId": "call-1",
            "customAttributes": ["trace=7"],
            "inferenceTime": "2026-02-14T17:25:06Z",
        },
        "eventVersion": "0",
    }


def test_what_was_not_sent_is_not_written() -> None:
    assert set(json.loads(capture.encode(record()))["eventMetadata"]) == {"eventId", "inferenceTime"}


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/csv", Encoding.CSV),
        ("Text/CSV; charset=utf-8", Encoding.CSV),
        ("application/json", Encoding.JSON),
        ("application/vnd.example+json", Encoding.JSON),
        ("application/jsonlines", Encoding.JSON),
        ("application/x-npy", Encoding.BASE64),
        ("image/png", Encoding.BASE64),
        ("text/plain", Encoding.BASE64),
        ("", Encoding.BASE64),
    ],
)
def test_the_content_type_decides_the_encoding(content_type: str, encoding: Encoding) -> None:
    assert encoding_of(content_type) is encoding


@given(
    st.binary(max_size=200),
    st.sampled_from(["text/csv", "application/json", "image/png"]),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
def test_every_body_comes_back_as_it_was(body: bytes, kind: str, attributes: str) -> None:
    written = record(input=Payload(content_type=kind, body=body), attributes=attributes)
    line = capture.encode(written)
    assert line.count(b"\n") == 1
    assert capture.decode(line) == written
    assert capture.event_of(line) == b"e-1"


def test_half_a_line_has_no_event_and_no_record() -> None:
    line = capture.encode(record())
    for end in range(len(line)):
        assert capture.event_of(line[:end]) == b""
    with pytest.raises(RecordMalformed):
        capture.decode(line[:-10])


def test_bodies_cannot_pretend_to_be_the_event() -> None:
    fake = b'"eventMetadata":{"eventId":"other"},"eventVersion":"0"}'
    line = capture.encode(
        record(output=Payload(content_type="application/json", body=fake), attributes='"eventId":"x"')
    )
    assert capture.event_of(line) == b"e-1"


def test_readers_see_each_event_once_and_skip_what_is_no_record() -> None:
    first, second = capture.encode(record()), capture.encode(record(event="e-2"))
    found = list(capture.decode_lines([first, first[:40], b"\n", second, first]))
    assert [each.event if isinstance(each, Record) else "no record" for each in found] == ["e-1", "no record", "e-2"]


def test_a_key_has_sagemakers_layout_and_is_read_back() -> None:
    key = CaptureKey(endpoint="demo-prod-3", hour=AT.replace(minute=0, second=0), file="25-06.jsonl.gz")
    assert str(key) == "demo-prod-3/AllTraffic/2026/02/14/17/25-06.jsonl.gz"
    assert capture.parse_key(str(key)) == key
    for other in ("a/b/2026/02/14/25/x.jsonl", "a/b/2026/02/14/x.jsonl", "a/b/2026/02/14/17/x.txt"):
        assert capture.parse_key(other) is None


def test_a_span_of_time_touches_these_hours() -> None:
    found = capture.prefixes("e", AT.replace(hour=22, minute=59), AT.replace(day=15, hour=0, minute=0, second=1))
    assert list(found) == [f"e/AllTraffic/2026/02/{hour}/" for hour in ("14/22", "14/23", "15/00")]


def said(kind: str, body: str) -> Payload:
    return Payload(content_type=kind, body=body.encode())


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (said("text/csv", "0.5\n0.25\n"), [0.5, 0.25]),
        (said("text/csv", "late,0.9\non time,0.1\n"), [["late", 0.9], ["on time", 0.1]]),
        (said("application/json", '{"outputs": ["p"], "predictions": [0.5, 0.25]}'), [0.5, 0.25]),
        (said("application/json", "[[1, 2], [3, 4]]"), [[1, 2], [3, 4]]),
        (said("application/json", '{"label": "cat"}'), [{"label": "cat"}]),
        (said("application/json", "{"), []),
        (said("image/png", "x"), []),
    ],
)
def test_predictions_of_an_answer(output: Payload, expected: object) -> None:
    assert predictions(output) == expected


def test_rows_meet_their_predictions() -> None:
    found = examples(record(), ["distance", "carrier"])
    assert [(each.row, dict(each.features), each.prediction) for each in found] == [
        (0, {"distance": 1.0, "carrier": "AA"}, 0.5),
        (1, {"distance": 2.0, "carrier": "BB"}, 0.25),
    ]
    one_answer = record(output=said("text/csv", "0.5\n"))
    assert [each.prediction for each in examples(one_answer, ["distance", "carrier"])] == [None, None]
    assert examples(record(input=Payload(content_type="image/png", body=b"\x89")), []) == []
