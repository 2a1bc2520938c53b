"""Labels and captures meet in a real store: late, early, twice, told otherwise."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from shipway.domain import metric_catalogue as metrics
from shipway.domain.capture import CaptureKey, Payload, Record, encode
from shipway.domain.capture_settings import CaptureSettings
from shipway.domain.metric import Series
from shipway.domain.model_quality import QualityVerdict
from shipway.domain.project import GateSettings, MonitoringSettings, Predicts, Project
from shipway.ports.model_quality import QualityWindow
from shipway.targets.local.capture.sealed import CaptureKeyMissing
from shipway.targets.local.home import Home
from shipway.targets.local.model_quality import LocalModelQuality, Sources
from shipway.targets.local.model_quality.cells import Cells, QualityDamaged
from shipway.targets.local.model_quality.records import records
from shipway.targets.local.model_quality.tell import tell_coverage
from shipway.targets.local.notify import Inbox
from shipway.targets.local.store import Store
from shipway.targets.local.telemetry import Telemetry

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
PROJECT = Project(
    name="tiny",
    gate=GateSettings(metric="roc_auc", threshold=0.5),
    monitoring=MonitoringSettings(predicts=Predicts.BINARY),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    made.create_bucket("tiny-capture")
    return made


@pytest.fixture
def quality(store: Store, tmp_path: Path) -> LocalModelQuality:
    sources = Sources(
        project=lambda: PROJECT,
        events=store.events,
        records=partial(records, store, Home(tmp_path)),
        evaluation=lambda _: {"roc_auc": 0.9},
    )
    return LocalModelQuality(Home(tmp_path), sources)


def capture(store: Store, ids: Sequence[str], *, hours_ago: int = 0, release: int = 1, body: bytes = b"0.75\n") -> None:
    at = NOW - timedelta(hours=hours_ago)
    side = Payload(content_type="text/csv", body=body)
    text = b"".join(
        encode(Record(input=side, output=side, event=f"event-{each}", time=at, inference=each)) for each in ids
    )
    key = CaptureKey(endpoint=f"tiny-prod-{release}", hour=at, file=f"{ids[0]}.jsonl")
    store.put("tiny-capture", str(key), text)


def told(*pairs: tuple[str, float]) -> str:
    return "inference,label\n" + "".join(f"{inference},{label}\n" for inference, label in pairs)


def day(quality: LocalModelQuality) -> QualityWindow:
    return next(each for each in quality.windows() if each.name == "1d")


def test_a_label_counts_in_the_window_of_its_answer_however_late(store: Store, quality: LocalModelQuality) -> None:
    capture(store, ["a", "b"], hours_ago=72)
    capture(store, ["c"], release=2)
    before = {each.release: each.labels for each in quality.windows()}
    assert before == {1: 0, 2: 0}
    accepted = quality.add(told(("a-r1", 1), ("b", 0)), source="a test", by="ann")
    assert (accepted.new, accepted.joined) == (2, 2)
    old = next(each for each in quality.windows() if each.release == 1)
    assert (old.predictions, old.labels, old.coverage) == (2, 2, 1.0)
    assert old.start.date() == (NOW - timedelta(hours=72)).date()
    assert old.measures["accuracy"] == 0.5


def test_telling_again_changes_nothing_and_telling_otherwise_is_reported(
    store: Store, quality: LocalModelQuality
) -> None:
    capture(store, ["a", "b"])
    quality.add(told(("a", 1)), source="a test", by="ann")
    before = day(quality)
    again = quality.add(told(("a", 1), ("a", 0)), source="a test", by="ann")
    assert (again.new, again.repeated, again.conflicts) == (0, 1, ("a: had 1.0, got 0.0",))
    assert day(quality) == before


def test_a_label_may_come_before_its_answer_was_captured(store: Store, quality: LocalModelQuality) -> None:
    accepted = quality.add(told(("a", 1)), source="a test", by="ann")
    assert (accepted.new, accepted.joined) == (1, 0)
    capture(store, ["a"])
    assert day(quality).labels == 1


def test_a_file_that_is_captured_again_counts_once(store: Store, quality: LocalModelQuality) -> None:
    capture(store, ["a"])
    quality.add(told(("a", 1)), source="a test", by="ann")
    capture(store, ["a"])
    assert (day(quality).predictions, day(quality).labels) == (1, 1)


def test_each_row_of_a_request_has_its_own_label(store: Store, quality: LocalModelQuality) -> None:
    capture(store, ["a"], body=b"0.9\n0.1\n")
    quality.add("inference,row,label\na,0,1\na,1,0\n", source="a test", by="ann")
    assert (day(quality).predictions, day(quality).labels, day(quality).measures["accuracy"]) == (2, 2, 1.0)


def test_labels_that_fit_no_prediction_are_told(store: Store, quality: LocalModelQuality) -> None:
    capture(store, [f"a{n}" for n in range(120)])
    pairs = [(f"a{n}", float(n % 2)) for n in range(110)] + [("a111", 7.0)]
    quality.add(told(*pairs), source="a test", by="ann")
    found = day(quality)
    assert (found.labels, found.odd) == (111, 1)
    assert found.coverage == pytest.approx(111 / 120)


def test_a_model_that_got_worse_fails_its_window(store: Store, quality: LocalModelQuality) -> None:
    capture(store, [f"a{n}" for n in range(400)])
    quality.add(told(*[(f"a{n}", n % 2) for n in range(400)]), source="a test", by="ann")
    found = day(quality)
    assert found.degradation.verdict is QualityVerdict.FAIL
    assert "worse by 0.4" in found.degradation.sentence
    assert found.degradation.bound is not None
    assert quality.loss(1) == found.degradation.bound
    assert quality.loss(2) is None


def test_a_file_that_retention_has_removed_is_passed_over(store: Store, quality: LocalModelQuality) -> None:
    capture(store, ["a"])
    (there,) = store.list("tiny-capture")
    store.delete("tiny-capture", there.key, there.version)
    capture(store, ["b"])
    assert day(quality).predictions == 1


def test_what_nobody_closed_properly_loses_only_its_last_line(store: Store, quality: LocalModelQuality) -> None:
    side = Payload(content_type="text/csv", body=b"0.75\n")
    line = encode(Record(input=side, output=side, event="e", time=NOW, inference="a"))
    key = CaptureKey(endpoint="tiny-prod-1", hour=NOW, file="cut.jsonl")
    store.put("tiny-capture", str(key), line + line[:40])
    assert day(quality).predictions == 1


def content(tmp_path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in tmp_path.glob("quality.db*"))


def test_answers_and_labels_are_encrypted_where_captures_are(
    store: Store, tmp_path: Path, quality: LocalModelQuality
) -> None:
    body = b"0.7512345\n0.2\n"
    capture(store, ["a"], body=body)
    quality.add("inference,row,label\na,0,0.7654321\n", source="a test", by="ann")
    before = day(quality)
    assert b"0.7512345" in content(tmp_path)
    assert b"0.7654321" in content(tmp_path)

    encrypted = replace(PROJECT, capture=CaptureSettings(encrypt=True))
    sources = Sources(
        project=lambda: encrypted,
        events=store.events,
        records=partial(records, store, Home(tmp_path)),
        evaluation=lambda _: {"roc_auc": 0.9},
    )
    sealed = LocalModelQuality(Home(tmp_path), sources)
    assert day(sealed) == before
    for word in (b"0.7512345", b"0.7654321", b'"predicts"'):
        assert word not in content(tmp_path)

    capture(store, ["b"], body=b"0.3219876\n")
    told_again = sealed.add("inference,row,label\na,0,0.5\nb,0,1\n", source="a test", by="ann")
    assert (told_again.new, told_again.conflicts) == (1, ("a: had 0.7654321, got 0.5",))
    assert day(sealed).labels == 2
    assert b"0.3219876" not in content(tmp_path)
    assert day(quality) == day(sealed)  # what is encrypted is read as well when it is no longer switched on

    connection = sqlite3.connect(tmp_path / "quality.db")
    connection.execute("UPDATE labels SET value=(SELECT value FROM labels WHERE inference='b')")
    connection.execute("UPDATE hours SET changed=1")
    connection.commit()
    connection.close()
    with pytest.raises(QualityDamaged, match="labels a 0"):
        sealed.windows()


def test_cells_without_their_key_are_told(store: Store, tmp_path: Path) -> None:
    home = Home(tmp_path)
    cells = Cells(home, lambda: True)
    cell = cells.sealer()("0.5", "labels a 0")
    assert cells.open(cell, "labels a 0") == "0.5"
    (tmp_path / "keys" / "capture").unlink()
    with pytest.raises(CaptureKeyMissing):
        Cells(home, lambda: True).open(cell, "labels a 0")


def test_a_day_without_its_labels_is_told_once_and_measured(store: Store, tmp_path: Path) -> None:
    project = replace(PROJECT, monitoring=MonitoringSettings(label_window=timedelta(days=2)))
    home, telemetry = Home(tmp_path), Telemetry(tmp_path)
    inbox = Inbox(home)
    sources = Sources(
        project=lambda: project,
        events=store.events,
        records=partial(records, store, home),
        evaluation=lambda _: {"roc_auc": 0.9},
    )
    quality = LocalModelQuality(home, sources)
    now = datetime.now(UTC)

    def told() -> list[str]:
        tell_coverage(quality, project, telemetry, inbox, now)
        return [each.subject for each in inbox.list() if each.kind == "labels_missing"]

    def share() -> list[float]:
        series = Series(metrics.LABEL_COVERAGE)
        found = telemetry.statistics(
            series, now - timedelta(hours=1), now + timedelta(hours=1), timedelta(minutes=1), "Minimum"
        )
        return [value for _, value in found]

    capture(store, ["new"], hours_ago=1)
    assert (told(), share()) == ([], [])  # nothing is due
    capture(store, [f"a{n}" for n in range(10)], hours_ago=24 * 4)
    assert (told(), share()) == ([], [0.0])  # nobody labels anything here
    quality.add("inference,label\nnew,1\n", source="a test", by="ann")
    day = (NOW - timedelta(days=4)).date()
    assert told() == told() == [f"tiny: labels of {day} are missing"]
    capture(store, [f"b{n}" for n in range(4)], hours_ago=24 * 3)
    quality.add("inference,label\n" + "".join(f"b{n},1\n" for n in range(2)), source="a test", by="ann")
    assert told() == [f"tiny: labels of {day} are missing"]
    assert share() == [0.0]
