"""Labels on AWS: what is kept of them, and how the hourly job's counts are read."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

import tiny
from aws.cloud import ARTIFACTS, Cloud
from shipway.domain.model_quality import QualityVerdict, count
from shipway.domain.model_quality.days import Day, days_document
from shipway.domain.project import Predicts
from shipway.domain.values import canonical
from shipway.targets.aws.errors import NotOnAws
from shipway.targets.aws.target import AwsTarget, aws_target


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def target(cloud: Cloud, tmp_path: Path) -> AwsTarget:
    return aws_target(tiny.write(tmp_path / "tiny"), cloud.session(), lambda: cloud.fake.now)


def test_labels_are_sagemaker_s_ground_truth_by_the_hour(cloud: Cloud, target: AwsTarget) -> None:
    told = target.quality.add("inference,row,label\na-1-r7,0,1\na-1-r7,1,yes\n", source="a file", by="ada")
    assert (told.new, told.joined) == (2, None)
    [key] = [each for each in cloud.storage.keys(ARTIFACTS) if each.startswith("ground-truth/")]
    assert key.startswith(f"ground-truth/{cloud.fake.now:%Y/%m/%d/%H}/")
    assert [json.loads(line) for line in cloud.storage.text(ARTIFACTS, key).splitlines()] == [
        {
            "groundTruthData": {"data": "1.0", "encoding": "CSV"},
            "eventMetadata": {"eventId": "a-1"},
            "eventVersion": "0",
        },
        {
            "groundTruthData": {"data": "yes", "encoding": "CSV"},
            "eventMetadata": {"eventId": "a-1", "row": 1},
            "eventVersion": "0",
        },
    ]


def test_telling_again_writes_nothing(cloud: Cloud, target: AwsTarget) -> None:
    target.quality.add("inference,label\na-1,1\n", source="a file", by="ada")
    before = cloud.storage.keys(ARTIFACTS)
    told = target.quality.add("inference,label\na-1,1\na-1,0\n", source="a file", by="ada")
    assert (told.new, told.repeated, told.conflicts) == (0, 1, ("a-1: had 1.0, got 0.0",))
    assert cloud.storage.keys(ARTIFACTS) == before


def test_what_the_hourly_job_counted_is_held_against_the_evaluation(cloud: Cloud, target: AwsTarget) -> None:
    today = cloud.fake.now.replace(hour=0, minute=0, second=0, microsecond=0)
    counts, odd = count(Predicts.BINARY, [(0.9, number % 2) for number in range(400)])
    day = Day.of(1, today, {9: 500}).labelled(counts.document(), 400, odd)
    old = Day.of(1, today - timedelta(days=30), {9: 500})
    cloud.storage.put(ARTIFACTS, "monitor/quality/days.json", canonical(days_document([old, day])))
    [window] = target.quality.windows()
    assert (window.predictions, window.labels, window.measures["accuracy"]) == (500, 400, 0.5)
    assert window.degradation.verdict is QualityVerdict.INCONCLUSIVE  # no release 1 was ever evaluated
    assert len(target.quality.windows(60)) == 2


def test_labels_that_nothing_would_join_are_refused(cloud: Cloud, tmp_path: Path) -> None:
    managed = tiny.write(tmp_path / "managed", aws={"monitor": "managed"})
    target = aws_target(managed, cloud.session(), lambda: cloud.fake.now)
    with pytest.raises(NotOnAws, match="nothing joins them"):
        target.quality.add("inference,label\na-1,1\n", source="a file", by="ada")
