"""Capture's parts without a data plane: spool, finished files, encryption, counting, reading, export."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from console_server import console
from fakes import FakeTarget
from shipway.domain.capture import Payload, Record, encode
from shipway.domain.capture_settings import CaptureSettings, Compression
from shipway.domain.capture_table import NothingCaptured
from shipway.domain.project import DataSettings, FeatureType, Project
from shipway.ports.capture import Captures, RecordNotFound
from shipway.targets.local.capture import memory, recorders, sealed, spool
from shipway.targets.local.capture.captures import LocalCaptures
from shipway.targets.local.capture.catalogue import Catalogue
from shipway.targets.local.capture.finish import Finisher
from shipway.targets.local.capture.items import Sealer
from shipway.targets.local.capture.packing import home_keys, key_file
from shipway.targets.local.capture.segment import Writing
from shipway.targets.local.capture.tally import Tallies
from shipway.targets.local.home import Home
from shipway.targets.local.store import Store
from shipway.targets.remote.target import remote_target

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
    shutil.rmtree(memory.memory_of(made.home.root))


def test_a_home_in_the_place_of_another_takes_nothing_over_in_memory(tmp_path: Path) -> None:
    home = tmp_path / ".shipway"
    first = memory.memory_of(home)
    Tallies(first / "recorder-0.tally").add(ENDPOINT, records=7)
    waiting = Writing(spool.folder(first, ENDPOINT, NOW.timestamp()), "recorder-0", 1)
    waiting.append(encode(record(1)))
    assert memory.memory_of(home) == first
    shutil.rmtree(home)
    second = memory.memory_of(home)
    place = Place(home, CaptureSettings())
    assert (place.captures.counts(), place.finisher.tick(later(days=1))) == ([], 0)
    memory.sweep_memory()
    assert (first.is_dir(), second.is_dir()) == (True, True)  # a record waits in the one, the other is in use
    waiting.close().unlink()
    memory.sweep_memory()
    assert (first.is_dir(), second.is_dir()) == (False, True)
    shutil.rmtree(second)


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


@contextlib.contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, step: str) -> Iterator[None]:
    """Kill the finisher after a step of its block, before it if that is the last one."""
    owner = Store if step == "put" else Catalogue
    real = getattr(owner, step)

    def strike(*arguments: object, **named: object) -> None:
        if step != "done":
            real(*arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, strike)
        with contextlib.suppress(KeyboardInterrupt):
            yield
            pytest.fail(f"there was no {step}")


@pytest.mark.parametrize("step", ["plan", "put", "stored", "done"])
def test_a_crash_after_any_step_is_repeated_to_the_same_end(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    place.segment(encode(record(1)), encode(record(2)))
    with killed(monkeypatch, step):
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


def test_what_a_lost_key_locks_stays_and_holds_nothing_else_up(place: Place) -> None:
    lost, known = Sealer(b"\1" * 32), Sealer(home_keys(place.home)[-1])
    locked = place.segment(lost.head, lost.seal(encode(record(1))))
    place.segment(encode(record(2)), known.head, known.seal(encode(record(3))), recorder="recorder-1")
    for _ in range(2):
        with pytest.raises(sealed.CaptureKeyMissing, match=sealed.name_of(b"\1" * 32).hex()):
            place.finisher.tick(later(minutes=3))
        assert [file.records for file in place.captures.files()] == [2]
        assert locked.exists()
    with key_file(place.home).open("a") as keys:
        keys.write((b"\1" * 32).hex() + "\n")
    assert place.finisher.tick(later(minutes=3)) == 1
    assert sorted(file.records for file in place.captures.files()) == [1, 2]


def test_a_file_that_was_begun_before_its_key_was_lost_waits_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, sealer = key_file(place.home), Sealer(home_keys(place.home)[-1])
    begun = place.segment(sealer.head, sealer.seal(encode(record(1))))
    with killed(monkeypatch, "plan"):
        place.finisher.tick(later(minutes=3))
    kept = keys.read_text()
    keys.write_text(sealed.new_key())
    place.segment(encode(record(2)), recorder="recorder-1")
    with pytest.raises(sealed.CaptureKeyMissing):
        place.finisher.tick(later(minutes=3))
    assert ([file.records for file in place.captures.files()], begun.exists()) == ([1], True)
    keys.write_text(kept)
    place.finisher.tick(later(minutes=3))
    assert [file.records for file in place.captures.files()] == [1, 1]
