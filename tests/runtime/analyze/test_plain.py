"""Lines that are taken apart without decoding JSON, against the same lines decoded one by one."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipway.domain.capture import Payload, Record, encode
from shipway.runtime.analyze.plain import plain_lines
from shipway.runtime.analyze.records import Batch, Reader

START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def line(
    body: str = "1.5,x", answer: str = "0.5", *, event: str = "e-1", inference: str = "", kind: str = "text/csv"
) -> bytes:
    """One captured line."""
    record = Record(
        input=Payload(content_type="text/csv", body=body.encode()),
        output=Payload(content_type=kind, body=answer.encode()),
        event=event,
        inference=inference,
        time=START + timedelta(minutes=7),
    )
    return encode(record)


def reader() -> Reader:
    """A reader of the day."""
    return Reader(START, START + timedelta(days=1), Counter())


def seen(batch: Batch) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """What a batch says, rows without the line break at their end."""
    return {
        key: [
            (moment, text.rstrip("\n")) for moment, text in zip(one.moments.tolist(), one.texts.to_list(), strict=True)
        ]
        for key, one in batch.items()
    }


PLAIN = {
    "one": line(),
    "several": line(event="a") + line("2,y", event="b") + line("3,z", "0.7", event="c"),
    "with line breaks": line("1.5,x\n", "0.5\n"),
    "with an inference id": line(inference="mine"),
    "some with an inference id": line(event="a") + line(event="b", inference="mine"),
    "of another type": line(kind="text/csv; charset=utf-8"),
    "other letters": line("1.5,Zürich"),
    "like a mark": line("mode:OUTPUT,data:"),
}


@pytest.mark.parametrize("name", [name for name in PLAIN if name != "other letters"])
def test_plain_lines_say_what_decoded_lines_say(name: str) -> None:
    block, quick, slow = PLAIN[name], reader(), reader()
    found = quick._plain(block)
    assert found is not None
    assert seen(found) == seen(slow._batch(slow._decoded(block)))
    assert quick.tally == slow.tally + Counter()


OTHERWISE = {
    "a quote": line('1.5,"x"'),
    "a backslash": line("1.5,a\\b"),
    "two rows": line("1,2\n3,4"),
    "no rows": line(""),
    "no answer": line(answer=""),
    "an answer in JSON": line(kind="application/json", answer="[0.5]"),
    "half a line": line()[:-20],
    "half a line at the end": line(event="a") + line(event="b")[:60],
    "not JSON": line(event="a") + b"what is this\n",
    "no text": line(event="a") + b"\xff\xfe\n",
    "a character that no line has": line(event="a") + b"\x01\n",
    "something behind the version": line().replace(b'"eventVersion":"0"}', b'"eventVersion":"0","more":1}'),
    "letters that are written as codes": PLAIN["other letters"],
    "nothing": b"",
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_lines_that_are_otherwise_are_left_to_the_decoder(name: str) -> None:
    assert plain_lines(OTHERWISE[name]) is None


def test_a_line_that_was_read_before_is_not_read_again(tmp_path: Path) -> None:
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    first.write_bytes(line(event="a") + line(event="b"))
    second.write_bytes(line(event="b") + line(event="c"))
    one = reader()
    batches = [batch for path in (first, second) for batch in one.read(path)]
    assert [len(batch["input", "CSV"].texts) for batch in batches] == [2, 1]
    assert one.tally == Counter(records=4, duplicates=1)


TEXT = st.text(st.characters(codec="ascii"), max_size=12)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_whatever_a_line_has_in_it_both_ways_agree(fields: list[tuple[str, str, str, str]]) -> None:
    lines = (
        line(body, answer, event=f"{at}{event}", inference=inference)
        for at, (body, answer, event, inference) in enumerate(fields)
    )
    block, quick, slow = b"".join(lines), reader(), reader()
    found = quick._plain(block)
    if found is not None:
        assert seen(found) == seen(slow._batch(slow._decoded(block)))
