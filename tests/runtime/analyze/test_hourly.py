"""The hourly job on AWS: labels meet answers as they do on this machine, whatever comes late, twice or never."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from shipway.domain.capture import CaptureKey, Payload, Record, encode
from shipway.domain.label import Label, ground_truth
from shipway.domain.model_quality import QualityWindow, standard_of, windows
from shipway.domain.model_quality.days import read_days
from shipway.domain.project import GateSettings, MonitoringSettings, Predicts, Project
from shipway.runtime.analyze import baseline, hourly
from shipway.targets.local.home import Home
from shipway.targets.local.model_quality import LocalModelQuality, Sources
from shipway.targets.local.model_quality.records import records
from shipway.targets.local.store import Store

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
PROJECT = Project(
    name="tiny",
    gate=GateSettings(metric="roc_auc", threshold=0.5),
    monitoring=MonitoringSettings(predicts=Predicts.BINARY, quality_metric="accuracy"),
)
EVALUATION = {"accuracy": 0.9}


def captured(ids: Sequence[str], at: datetime, answer: str) -> bytes:
    """Return a file of captures whose answers are all the same."""
    asked, said = (Payload(content_type="text/csv", body=f"{each}\n".encode()) for each in ("1.0", answer))
    return b"".join(encode(Record(input=asked, output=said, event=f"e-{i}", time=at, inference=i)) for i in ids)


@dataclass
class Bucket:
    """What the jobs of an endpoint find and leave, hour after hour."""

    folder: Path
    baseline: Path
    captures: dict[datetime, bytes] = field(default_factory=dict)

    def capture(self, ids: Sequence[str], hours_ago: int, answer: str = "0.75") -> None:
        at = NOW - timedelta(hours=hours_ago)
        self.captures[at] = self.captures.get(at, b"") + captured(ids, at, answer)

    def label(self, file: str, **labels: float) -> None:
        path = self.folder / "labels" / "2026" / "03" / "01" / "10" / f"{file}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [ground_truth(Label(inference=each, value=value)) for each, value in labels.items()]
        path.write_text("\n".join(lines) + "\n")

    def run(self, hours_ago: int, *, labelled: bool = True) -> dict[str, Any]:
        """Run the job of an hour; return what it leaves for the state machine."""
        start = NOW - timedelta(hours=hours_ago)
        base = self.folder / f"job-{start:%Y%m%d%H}-{len(list(self.folder.glob('job-*')))}"
        given = base / "processing" / "input"
        copytree(self.baseline, given / "baseline")
        (given / "endpoint").mkdir()
        (given / "endpoint" / "part.jsonl").write_bytes(self.captures.get(start, b""))
        (given / "releases").mkdir()
        (given / "releases" / "000001.json").write_text(json.dumps({"number": 1, "bundle": {"metrics": EVALUATION}}))
        kept = ("labels", "answers", "quality") if labelled else ("quality",)
        for name in (each for each in kept if (self.folder / each).is_dir()):
            copytree(self.folder / name, given / name)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._environment(base, start).items():
                patch.setenv(name, value)
            assert hourly.main() == 0, (base / "output" / "message").read_text()
        copytree(base / "processing" / "answers", self.folder / "answers", dirs_exist_ok=True)
        copytree(base / "processing" / "quality", self.folder / "quality", dirs_exist_ok=True)
        self.report = (base / "processing" / "output" / "quality.html").read_text()
        self.message = (base / "output" / "message").read_text()
        found: dict[str, Any] = json.loads((base / "processing" / "output" / "metrics.json").read_text())
        return {each["name"]: each["value"] for each in found["metrics"]}

    def _environment(self, base: Path, start: datetime) -> dict[str, str]:
        return {
            "SAGEMAKER_BASE_DIR": str(base),
            "start_time": start.isoformat(),
            "end_time": (start + timedelta(hours=1)).isoformat(),
            "sagemaker_endpoint_name": "tiny-prod-1",
            "publish_cloudwatch_metrics": "Disabled",
            "predicts": "binary",
            "gate_metric": "roc_auc",
            "quality_metric": "accuracy",
            "quality_tolerance": "0.05",
            "drift_budget": "0.1",
            "label_window_days": "1",
        }

    def windows(self) -> list[QualityWindow]:
        found = read_days(json.loads((self.folder / "quality" / "days.json").read_text()))
        return windows([each.counted for each in found], standard_of(PROJECT, lambda _: EVALUATION))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baseline of one column."""
    base = tmp_path_factory.mktemp("baseline")
    source = base / "processing" / "input" / "baseline"
    source.mkdir(parents=True)
    (source / "baseline.csv").write_text("age\n" + "".join(f"{each % 50}\n" for each in range(1000)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAGEMAKER_BASE_DIR", str(base))
        assert baseline.main() == 0
    return base / "processing" / "output"


@pytest.fixture
def bucket(made: Path, tmp_path: Path) -> Bucket:
    return Bucket(tmp_path / "bucket", made)


def named(prefix: str, many: int) -> list[str]:
    return [f"{prefix}{each}" for each in range(many)]


def test_labels_of_answers_that_are_too_often_wrong_are_a_loss(bucket: Bucket) -> None:
    ids = named("a", 300)
    bucket.capture(ids, 1)
    assert "ModelQualityLoss" not in bucket.run(1, labelled=False)
    bucket.label("first", **{each: float(number % 2) for number, each in enumerate(ids)})
    found = bucket.run(0)
    assert 0.2 < found["ModelQualityLoss"] < 0.4  # accuracy 0.5 after 0.9, less what chance explains
    assert bucket.message.endswith("300 of 300 answers are labelled.")
    assert "accuracy 0.5 on 300 labels, 0.9 at the release" in bucket.report


def test_the_share_of_answers_with_a_label_is_told_when_labels_are_due(bucket: Bucket) -> None:
    bucket.capture(named("a", 4), 49)
    bucket.capture(named("b", 4), 1)
    assert "LabelCoverage" not in bucket.run(49)
    bucket.label("1", a0=1.0, b0=1.0, b1=1.0)
    assert bucket.run(1)["LabelCoverage"] == 0.25


def test_it_finds_what_this_machine_finds(bucket: Bucket, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.create_bucket("tiny-capture")
    sources = Sources(
        project=lambda: PROJECT,
        events=store.events,
        records=partial(records, store, Home(tmp_path)),
        evaluation=lambda _: EVALUATION,
    )
    here = LocalModelQuality(Home(tmp_path), sources)
    for hours_ago in (50, 26, 25, 1):
        bucket.capture(named(f"h{hours_ago}-", 60), hours_ago, "0.75" if hours_ago > 25 else "0.25")
        bucket.run(hours_ago, labelled=False)
    for at, text in bucket.captures.items():
        store.put("tiny-capture", str(CaptureKey(endpoint="tiny-prod-1", hour=at, file="part.jsonl")), text)
    labels = {each: float(each[-1] in "0123456") for each in (*named("h50-", 60), *named("h26-", 30), *named("h1-", 9))}
    bucket.label("late", **labels)
    bucket.run(0)
    lines = "\n".join(ground_truth(Label(inference=each, value=value)) for each, value in labels.items())
    here.add(lines, source="a test", by="ann")
    assert bucket.windows() == here.windows()
    assert sum(each.labels for each in bucket.windows() if each.name == "1d") == len(labels)


def test_a_label_before_its_answer_counts_with_it(bucket: Bucket) -> None:
    bucket.label("early", a0=1.0)
    bucket.run(2)
    bucket.capture(["a0", "a1"], 1)
    bucket.run(1)
    assert [(each.predictions, each.labels) for each in bucket.windows()] == [(2, 1)]


def test_the_first_that_was_told_stays(bucket: Bucket) -> None:
    bucket.capture(["a0"], 1)
    bucket.label("1", a0=1.0)
    bucket.label("2", a0=0.0)
    bucket.run(1)
    assert bucket.windows()[0].measures["accuracy"] == 1.0


def test_an_hour_that_is_looked_at_again_changes_nothing(bucket: Bucket) -> None:
    bucket.capture(named("a", 5), 1)
    bucket.label("1", a0=1.0, a1=0.0)
    bucket.run(1)
    before = (bucket.folder / "quality" / "days.json").read_bytes()
    bucket.run(1)
    assert (bucket.folder / "quality" / "days.json").read_bytes() == before
    bucket.run(1, labelled=False)
    assert (bucket.folder / "quality" / "days.json").read_bytes() == before


def test_a_file_that_holds_no_label_is_told_and_stops_nothing(bucket: Bucket) -> None:
    bucket.capture(["a0"], 1)
    bucket.label("1", a0=1.0)
    (bucket.folder / "labels" / "broken.jsonl").write_text("not a label\n")
    bucket.run(1)
    assert bucket.windows()[0].labels == 1
    assert "broken.jsonl" in bucket.report
