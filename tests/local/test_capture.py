"""Capture's parts without a data plane: spool, finished files, encryption, counting, reading, export."""

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console_server import console
from fakes import FakeTarget
from shipway.domain.capture import Payload, Record, encode
from shipway.domain.capture_settings import CaptureSettings, Compression
from shipway.domain.capture_table import NothingCaptured
from shipway.domain.project import DataSettings, FeatureType, Project
from shipway.ports.capture import Captures, RecordNotFound
from shipway.targets.local.capture import items, journal, recorders, sealed, spool
from shipway.targets.local.capture.captures import LocalCaptures
from shipway.targets.local.capture.catalogue import Catalogue
from shipway.targets.local.capture.finish import Finisher
from shipway.targets.local.capture.items import Sealer
from shipway.targets.local.capture.journal import Journal, Limits, Mover
from shipway.targets.local.capture.segment import Writing
from shipway.targets.local.capture.tally import OTHERS, ROWS, Tallies, Tally
from shipway.targets.local.capture.tally import read as read_tally
from shipway.targets.local.home import Home
from shipway.targets.local.store import Store
from shipway.targets.remote.target import remote_target
from waiting import until

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ENDPOINT = "flights-prod-1"
FEATURES = {
    "distance": FeatureType.NUMBER,
    "carrier": FeatureType.CATEGORY,
    "stops": FeatureType.INTEGER,
    "night": FeatureType.BOOLEAN,
}


def record(number: int, at: datetime = NOW, body: bytes = b"1.5,AA,2,true\n3,BB,x,\n") -> Record:
    return Record(
        input=Payload(content_type="text/csv", body=body),
        output=Payload(content_type="text/csv", body=b"0.25\n0.75\n"),
        event=f"event-{number}",
        inference=f"call-{number}",
        time=at,
    )


class Place:
    """A home with a spool, its finisher and its reader."""

    def __init__(self, root: Path, settings: CaptureSettings) -> None:
        self.home = Home(root)
        self.store = Store(self.home.store)
        self.project = Project(name="flights", capture=settings, data=DataSettings(features=FEATURES))
        self.finisher = Finisher(self.home, self.store, lambda: self.project)
        self.captures = LocalCaptures(self.home, self.store, lambda: FEATURES)

    def segment(self, *lines: bytes, at: datetime = NOW, recorder: str = "recorder-0", closed: bool = True) -> Path:
        """Leave a segment on the disk; not closed: as a recorder leaves it that is killed."""
        folder = spool.folder(recorders.spool_of(self.home.root), ENDPOINT, at.timestamp())
        writing = Writing(folder, recorder, int(at.timestamp()) + 60)
        writing.append(b"".join(lines))
        if closed:
            return writing.close()
        os.close(writing._file)
        return writing._path

    def keys(self) -> list[str]:
        return [each.key for each in self.store.list("flights-capture")]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / ".shipway", CaptureSettings())
    yield made
    shutil.rmtree(spool.memory_of(made.home.root))


def later(**span: float) -> datetime:
    return NOW + timedelta(seconds=60) + timedelta(**span)


def test_a_file_is_finished_when_it_is_old_enough_or_its_hour_is_over(place: Place) -> None:
    place.segment(encode(record(1)))
    assert place.finisher.tick(later(minutes=2)) == 0
    assert place.finisher.tick(later(minutes=3)) == 1
    [key] = place.keys()
    assert key.startswith(f"{ENDPOINT}/AllTraffic/2026/03/01/12/31-00-000-")
    place.segment(encode(record(2, NOW + timedelta(minutes=29))), at=NOW + timedelta(minutes=29, seconds=30))
    assert place.finisher.tick(NOW + timedelta(minutes=31, seconds=10)) == 1
    assert place.finisher.tick(later(days=1)) == 0
    assert [each.records for each in place.captures.files()] == [1, 1]


def test_a_size_is_kept_and_every_record_appears_once(place: Place) -> None:
    place.project = replace(place.project, capture=CaptureSettings(max_size=CaptureSettings().max_size // 64))
    big = b"1" * 700_000
    for number in range(4):
        place.segment(encode(record(number, body=big)))
    assert place.finisher.tick(later(seconds=1)) == 2
    found = [each.event for _, each in place.captures.records(NOW, later(days=1))]
    assert sorted(found) == ["event-0", "event-1", "event-2", "event-3"]


def test_a_record_written_twice_around_a_crash_is_one(place: Place) -> None:
    place.segment(encode(record(1)), encode(record(2)), closed=False)
    place.segment(encode(record(2)), encode(record(3)), recorder="recorder-1")
    place.finisher.tick(later(hours=1))
    late = NOW + timedelta(seconds=100)
    place.segment(encode(record(3)), encode(record(4, late)), at=late)
    place.finisher.tick(later(hours=2))
    found = [each.event for _, each in place.captures.records(NOW, later(days=1))]
    assert sorted(found) == ["event-1", "event-2", "event-3", "event-4"]


def test_half_a_line_is_left_out_and_counted(place: Place) -> None:
    place.segment(encode(record(1)), encode(record(2))[:50], closed=False)
    place.finisher.tick(later(hours=1))
    [file] = place.captures.files()
    assert (file.records, file.malformed) == (1, 1)


def test_a_segment_that_is_being_written_is_left_alone(place: Place) -> None:
    folder = spool.folder(recorders.spool_of(place.home.root), ENDPOINT, NOW.timestamp())
    writing = Writing(folder, "recorder-0", int(NOW.timestamp()) + 60)
    writing.append(encode(record(1)))
    assert place.finisher.tick(later(days=1)) == 0
    writing.close()
    assert place.finisher.tick(later(days=1)) == 1


@pytest.mark.parametrize("step", ["plan", "put", "stored", "done"])
def test_a_crash_after_any_step_is_repeated_to_the_same_end(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    place.segment(encode(record(1)), encode(record(2)))
    owner = Store if step == "put" else Catalogue
    name = "put" if step == "put" else step
    real = getattr(owner, name)

    def killed(*arguments: object, **named: object) -> None:
        if step != "done":
            real(*arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed)
        with pytest.raises(KeyboardInterrupt):
            place.finisher.tick(later(hours=1))
    place.finisher.tick(later(hours=1))
    place.segment(encode(record(3)))
    place.finisher.tick(later(hours=1))
    found = [each.event for _, each in place.captures.records(NOW, later(days=1))]
    assert sorted(found) == ["event-1", "event-2", "event-3"]
    assert len(place.keys()) == 2
    assert spool.segments(recorders.spool_of(place.home.root)) == []


@pytest.mark.parametrize("compress", list(Compression))
@pytest.mark.parametrize("encrypt", [False, True])
def test_packed_files_are_read_as_plain_ones(
    place: Place, tmp_path: Path, compress: Compression, encrypt: bool
) -> None:
    place.project = replace(place.project, capture=CaptureSettings(compress=compress, encrypt=encrypt))
    lines = [encode(record(number)) for number in range(3)]
    place.segment(*lines)
    place.finisher.tick(later(hours=1))
    [file] = place.captures.files()
    assert file.uri.endswith(".jsonl" + (".gz" if compress is Compression.GZIP else "") + (".enc" if encrypt else ""))
    stored = place.store.read("flights-capture", place.keys()[0])
    assert (b"captureData" in stored) == (compress is Compression.NONE and not encrypt)
    assert place.captures.fetch(file.uri, tmp_path / "out").read_bytes() == b"".join(lines)
    if encrypt:
        assert (place.home.root / "keys" / "capture").stat().st_mode & 0o777 == 0o600


def test_files_go_when_their_time_is_over(place: Place) -> None:
    place.segment(encode(record(1)))
    place.finisher.tick(later(hours=1))
    [rule] = place.store.lifecycle("flights-capture")
    assert rule.expire_days == 30
    place.store.expire(datetime.now(UTC) + timedelta(days=32))
    place.finisher.forget(datetime.now(UTC) + timedelta(days=33))
    assert (place.keys(), place.captures.files()) == ([], [])


def test_a_record_is_found_at_once_and_later(place: Place) -> None:
    place.segment(encode(record(1)), encode(record(10)), closed=False)
    for _ in ("in the spool", "in a file"):
        assert [each.event for each in place.captures.find("call-1-r7")] == ["event-1"]
        assert [each.event for each in place.captures.find("call-1")] == ["event-1"]
        place.finisher.tick(later(hours=1))
    with pytest.raises(RecordNotFound):
        place.captures.find("call-2")


def test_counts_tell_finished_from_waiting(place: Place) -> None:
    place.segment(encode(record(1)))
    place.finisher.tick(later(hours=1))
    place.segment(encode(record(2)), encode(record(3)))
    [count] = place.captures.counts()
    assert (count.endpoint, count.records, count.files, count.waiting, count.dropped) == (ENDPOINT, 1, 1, 2, 0)


def test_an_export_has_a_column_of_its_type_for_each_feature(place: Place, tmp_path: Path) -> None:
    picture = replace(record(2), input=Payload(content_type="image/png", body=b"\x89"))
    place.segment(encode(record(1)), encode(picture))
    place.finisher.tick(later(hours=1))
    file = tmp_path / "rows.parquet"
    told = place.captures.export(str(file), NOW, later(hours=1))
    assert (told.rows, told.records, told.skipped) == (2, 2, 1)
    table = pl.read_parquet(file)
    assert table.select("distance", "carrier", "stops", "night", "prediction").rows() == [
        (1.5, "AA", 2, True, 0.25),
        (3.0, "BB", None, None, 0.75),
    ]
    assert table.schema["stops"] == pl.Int64
    assert table["inference_id"].to_list() == ["call-1", "call-1"]
    with pytest.raises(NothingCaptured):
        place.captures.export(str(file), NOW - timedelta(days=9), NOW - timedelta(days=8))


def test_from_elsewhere_the_same_is_read(place: Place, tmp_path: Path) -> None:
    place.project = replace(place.project, capture=CaptureSettings(compress=Compression.GZIP, encrypt=True))
    place.segment(encode(record(1)), encode(record(2, body=b"\xff")))
    place.finisher.tick(later(hours=1))
    place.segment(encode(record(3)), closed=False)
    fake, span = FakeTarget(captures=place.captures), (NOW, later(hours=1))
    asked: list[Callable[[Captures], object]] = [
        lambda port: port.files(ENDPOINT),
        lambda port: port.counts(),
        lambda port: port.find("call-3-r7"),
        lambda port: list(port.records(*span)),
        lambda port: port.fetch(port.files()[0].uri, tmp_path).read_bytes(),
        lambda port: port.export(str(tmp_path / "rows.parquet"), *span),
    ]
    with console(fake, fake.people) as browser:
        there = remote_target(browser.url).captures
        for ask in asked:
            assert ask(there) == ask(place.captures)


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
