"""What a recorder writes: chunks in memory, segments on the disk, encryption, counting."""

import contextlib
import io
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.targets.local.capture import items, journal, sealed, spool
from shipway.targets.local.capture.items import Sealer
from shipway.targets.local.capture.journal import Journal, Limits, Mover
from shipway.targets.local.capture.segment import Writing
from shipway.targets.local.capture.tally import OTHERS, ROWS, Tallies, Tally
from shipway.targets.local.capture.tally import read as read_tally
from waiting import until

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ENDPOINT = "flights-prod-1"
KEY = bytes(range(32))


@pytest.mark.parametrize("size", [0, 1, sealed.FRAME - 1, sealed.FRAME, sealed.FRAME + 1, 2 * sealed.FRAME])
def test_what_is_sealed_opens_to_the_same(size: int) -> None:
    text = os.urandom(size)
    target = io.BytesIO()
    with sealed.sealing(target, KEY) as file:
        for at in range(0, size, 700_001):
            file.write(text[at : at + 700_001])
    target.seek(0)
    assert b"".join(sealed.opened(target, [b"\0" * 32, KEY], Path("keys"))) == text


def test_a_sealed_file_that_was_cut_or_changed_or_has_another_key_is_refused() -> None:
    target = io.BytesIO()
    with sealed.sealing(target, KEY) as file:
        file.write(os.urandom(2 * sealed.FRAME))
    whole = target.getvalue()
    frame = sealed.FRAME + sealed.TAG
    swapped = whole[: -2 * frame] + whole[-frame:] + whole[-2 * frame : -frame]
    for damaged in (whole[:-1], whole[:-frame], whole[:-1] + bytes([whole[-1] ^ 1]), swapped, whole[:40]):
        with pytest.raises(sealed.CaptureFileDamaged):
            list(sealed.opened(io.BytesIO(damaged), [KEY], Path("keys")))
    with pytest.raises(sealed.CaptureKeyMissing):
        list(sealed.opened(io.BytesIO(whole), [b"\1" * 32], Path("keys")))


def writer(folder: Path, min_free: int = 0, key: bytes = b"") -> tuple[Journal, Mover]:
    """Return a recorder's journal with its halves below a folder. key: encrypts its records."""
    limits = Limits(period=60, max_size=1 << 20, min_free=min_free)
    (folder / "memory").mkdir(exist_ok=True)
    mover = Mover(folder / "disk", folder / "memory", "recorder-0", limits)
    sealer = Sealer(key) if key else None
    return Journal(folder / "memory", "recorder-0", Tallies(folder / "tally"), mover, sealer), mover


def stored(folder: Path) -> list[bytes]:
    found = spool.segments(folder / "disk")
    return [line for each in found for line in items.lines(each.path, lambda: [b"\0" * 32, KEY], Path("keys"))]


def test_records_go_to_memory_at_once_and_to_the_disk_soon(tmp_path: Path) -> None:
    kept, mover = writer(tmp_path)
    kept.append(ENDPOINT, NOW.timestamp(), b"one\n")
    [chunk] = spool.segments(tmp_path / "memory")
    assert chunk.path.read_bytes() == b"one\n"
    kept.turn_over(everything=True)
    mover.close(5)
    assert (stored(tmp_path), spool.segments(tmp_path / "memory")) == ([b"one\n"], [])
    assert read_tally(tmp_path / "tally") == {ENDPOINT: Tally(records=1)}


def test_a_chunk_that_is_closed_while_somebody_looks_is_read(tmp_path: Path) -> None:
    kept, mover = writer(tmp_path)
    mover.close(5)
    kept.append(ENDPOINT, NOW.timestamp(), b"one\n")
    [looked] = spool.segments(tmp_path / "memory")
    kept.turn_over(everything=True)
    assert (looked.closed, looked.path.exists()) == (False, False)
    assert list(items.lines(looked.path, list, Path("keys"))) == [b"one\n"]


def test_what_a_killed_recorder_left_in_memory_is_taken_up(tmp_path: Path) -> None:
    folder = spool.folder(tmp_path / "memory", ENDPOINT, NOW.timestamp())
    left = Writing(folder, "recorder-0", 1)
    left.append(b"left\n")
    os.close(left._file)
    _, mover = writer(tmp_path)
    until(lambda: stored(tmp_path) == [b"left\n"], 5, "the record is on the disk")
    mover.close(5)


def test_encrypted_records_wait_in_no_half_as_plain_text(tmp_path: Path) -> None:
    kept, mover = writer(tmp_path, key=KEY)
    kept.append(ENDPOINT, NOW.timestamp(), b"one\n")
    kept.append(ENDPOINT, NOW.timestamp(), b"two\n")
    [chunk] = spool.segments(tmp_path / "memory")
    assert not {b"one", b"two"} & {word for word in (b"one", b"two") if word in chunk.path.read_bytes()}
    kept.turn_over(everything=True)
    kept.append(ENDPOINT, NOW.timestamp(), b"three\n")
    kept.turn_over(everything=True)
    mover.close(5)
    assert stored(tmp_path) == [b"one\n", b"two\n", b"three\n"]
    [segment] = spool.segments(tmp_path / "disk")
    assert b"three" not in segment.path.read_bytes()
    with pytest.raises(sealed.CaptureKeyMissing):
        list(items.lines(segment.path, lambda: [b"\1" * 32], Path("keys")))


@pytest.mark.parametrize("key", [b"", KEY], ids=["plain", "encrypted"])
def test_half_a_record_that_a_kill_left_takes_no_other_with_it(tmp_path: Path, key: bytes) -> None:
    kept, mover = writer(tmp_path, key=key)
    for line in (b"one\n", b"two\n", b"three\n"):
        kept.append(ENDPOINT, NOW.timestamp(), line)
    mover.close(5)
    [chunk] = spool.segments(tmp_path / "memory")
    for writing in kept._open.values():
        os.close(writing._file)  # as the kernel does with a killed process
    os.truncate(chunk.path, chunk.size - 3)
    after, mover = writer(tmp_path, key=KEY)  # encryption was switched on meanwhile, in one of the two
    after.append(ENDPOINT, NOW.timestamp(), b"four\n")
    after.turn_over(everything=True)
    mover.close(5)
    assert stored(tmp_path) == [b"one\n", b"two\n", b"four\n"]


@given(cut=st.integers(0, 400), bit=st.integers(0, 7), lines=st.lists(st.binary(max_size=40), min_size=1, max_size=5))
def test_what_was_sealed_is_read_up_to_any_damage(cut: int, bit: int, lines: list[bytes]) -> None:
    lines = [line.replace(b"\n", b"") + b"\n" for line in lines]
    sealer = Sealer(KEY)
    written = [sealer.head, *map(sealer.seal, lines)]
    whole = b"".join(written)
    cut = min(cut, len(whole) - 1)
    with tempfile.TemporaryDirectory() as folder:
        segment = Path(folder) / "segment"
        segment.write_bytes(whole[:cut])
        got = list(items.lines(segment, lambda: [KEY], Path("keys")))
        before = sum(len(b"".join(written[:place])) <= cut for place in range(2, len(written) + 1))
        assert [line for line in got if line] == lines[:before]
        items.cut(segment)
        assert list(items.lines(segment, lambda: [KEY], Path("keys"))) == lines[:before]
        segment.write_bytes(whole[:cut] + bytes([whole[cut] ^ (1 << bit)]) + whole[cut + 1 :])
        with contextlib.suppress(sealed.CaptureKeyMissing):
            assert list(items.lines(segment, lambda: [KEY], Path("keys")))[:before] == lines[:before]


def test_a_full_disk_costs_records_and_never_raises(tmp_path: Path) -> None:
    kept, mover = writer(tmp_path, min_free=1 << 60)
    until(lambda: not mover.room(1), 5, "the mover has looked")
    kept.append(ENDPOINT, NOW.timestamp(), b"one\n")
    mover.close(5)
    assert read_tally(tmp_path / "tally") == {ENDPOINT: Tally(dropped=1)}


def test_a_disk_that_stands_still_costs_memory_up_to_a_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BUDGET", 10)
    monkeypatch.setattr(Mover, "_move", lambda _: None)
    kept, mover = writer(tmp_path)
    for _ in range(3):
        kept.append(ENDPOINT, NOW.timestamp(), b"five\n")
    mover.close(5)
    assert read_tally(tmp_path / "tally") == {ENDPOINT: Tally(records=2, dropped=1)}


def test_a_tally_goes_on_after_a_restart_and_never_runs_out_of_rows(tmp_path: Path) -> None:
    first = Tallies(tmp_path / "tally")
    for number in range(ROWS + 5):
        first.add(f"e-{number}", records=1)
    Tallies(tmp_path / "tally").add("e-1", records=1, dropped=2)
    found = read_tally(tmp_path / "tally")
    assert (found["e-1"], found[OTHERS]) == (Tally(records=2, dropped=2), Tally(records=6))
    assert Tally(records=5).since(Tally(records=3)) == Tally(records=2)
    assert Tally(records=1).since(Tally(records=3)) == Tally(records=1)
