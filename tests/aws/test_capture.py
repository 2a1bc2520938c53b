"""Captures that SageMaker wrote, on an account in memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import tiny
from aws.cloud import CAPTURES, Cloud
from fake_captures import AT, ENDPOINT, RECORDS, URI
from shipway.domain.capture import CaptureKey, Record, encode
from shipway.domain.capture_table import NothingCaptured
from shipway.domain.store.errors import ObjectNotFound
from shipway.ports.capture import CaptureCount, Captures, RecordNotFound
from shipway.targets.aws.errors import BucketMissing
from shipway.targets.aws.target import aws_target

HOUR = timedelta(hours=1)
DAY = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture
def cloud() -> Cloud:
    made = Cloud()
    made.storage.page = 2
    return made


@pytest.fixture
def captures(cloud: Cloud, tmp_path: Path) -> Iterator[Captures]:
    project = tiny.write(tmp_path / "tiny", data__features={"x": "number", "y": "integer"})
    return aws_target(project, cloud.session()).captures


def put(cloud: Cloud, at: datetime, *records: Record, endpoint: str = ENDPOINT) -> None:
    key = CaptureKey(endpoint=endpoint, hour=at, file=f"{at:%M-%S}-000-a.jsonl")
    cloud.storage.put(CAPTURES, str(key), b"".join(map(encode, records)) + b'{"half of a re')


def record(at: datetime, inference: str) -> Record:
    return replace(RECORDS[0], event=f"event of {inference}", inference=inference, time=at)


def test_files_are_listed_by_hour_and_none_is_read(captures: Captures, cloud: Cloud) -> None:
    put(cloud, AT + HOUR, endpoint="tiny-prod-10")
    put(cloud, AT, endpoint="tiny-prod-2")
    put(cloud, AT, endpoint="tiny-prod-next-3")  # another project's
    cloud.storage.put(CAPTURES, f"{ENDPOINT}/AllTraffic/readme", "no records")
    found = captures.files()
    assert [each.endpoint for each in found] == ["tiny-prod-1", "tiny-prod-2", "tiny-prod-10"]
    assert (found[0].uri.rpartition("/")[2], found[0].records) == (URI.rpartition("/")[2], None)
    assert found[0].first <= AT <= found[0].last < found[0].hour + HOUR
    assert captures.files("tiny-prod-2") == found[1:2]
    assert captures.files("somebodys-endpoint") == []
    size = found[0].size
    unknown = CaptureCount(endpoint=ENDPOINT, records=None, files=1, size=size, waiting=None, dropped=None)
    assert captures.counts()[0] == unknown
    assert not cloud.called("s3.GetObject")


def test_a_window_costs_only_its_hours(captures: Captures, cloud: Cloud) -> None:
    for hours in range(-40, 40):
        put(cloud, AT + hours * HOUR, record(AT + hours * HOUR, f"at-{hours}"))
    found = list(captures.records(AT + HOUR, AT + 3 * HOUR, ENDPOINT))
    assert [each.inference for _, each in found] == ["at-1", "at-2"]
    assert len(cloud.called("s3.GetObject")) == 3  # of the hours 13, 14 and 15
    assert len(cloud.called("s3.ListObjectsV2")) == 2  # pages of two: the fourth file is past the window


@pytest.mark.parametrize("inference", ["a-1", "a-1-r1"])
def test_a_request_is_found_with_its_release_or_without(captures: Captures, inference: str) -> None:
    assert captures.find(inference) == [RECORDS[0]]


def test_an_id_with_its_release_is_looked_for_in_its_files_alone(captures: Captures, cloud: Cloud) -> None:
    put(cloud, AT, record(AT, "b-9"), endpoint="tiny-prod-2")
    for inference in ("b-9-r1", "nobody"):
        with pytest.raises(RecordNotFound):
            captures.find(inference)
    assert [each.inference for each in captures.find("b-9")] == ["b-9"]
    assert [each.inference for each in captures.find("b-9-r2")] == ["b-9"]


def test_rows_are_exported_with_the_types_of_the_project(captures: Captures, tmp_path: Path) -> None:
    found = captures.export(str(tmp_path / "rows.parquet"), *DAY)
    assert (found.rows, found.records, found.skipped) == (1, 2, 1)
    table = pl.read_parquet(found.path)
    assert table.select("endpoint", "inference_id", "x", "y", "prediction").rows() == [(ENDPOINT, "a-1", 1.0, 2, 0.5)]
    with pytest.raises(NothingCaptured, match="between 2026-02-27 00:00"):
        captures.export(str(tmp_path / "rows.parquet"), *(each - timedelta(days=2) for each in DAY))


def test_a_file_is_fetched_whole_or_not_at_all(captures: Captures, cloud: Cloud, tmp_path: Path) -> None:
    got = captures.fetch(captures.files()[0].uri, tmp_path / "here")
    assert got.read_bytes() == b"".join(map(encode, RECORDS))
    assert list(got.parent.iterdir()) == [got]
    with pytest.raises(ObjectNotFound):
        captures.fetch(f"s3://{CAPTURES}/nothing.jsonl", tmp_path)


def test_what_s3_refuses_is_a_sentence_while_records_are_read_too(captures: Captures, cloud: Cloud) -> None:
    del cloud.storage.buckets[CAPTURES]
    with pytest.raises(BucketMissing, match="no bucket tiny-capture"):
        next(captures.records(*DAY))
