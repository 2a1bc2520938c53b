"""Batches as SageMaker's transform jobs, on an account in memory with S3, jobs and the function for header rows."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

import tiny
from aws.cloud import ARTIFACTS, Cloud
from aws.function_events import STATE_CHANGE
from aws.storage import SMALL
from shipway.domain.batch import BatchInputMissing, BatchInvalid, BatchRequest
from shipway.domain.pipeline import ExecutionFinished
from shipway.domain.transform_header import HeadersDiffer
from shipway.ports.batch import Batches
from shipway.targets.aws import header
from shipway.targets.aws.functions import add_transform_header
from shipway.targets.aws.functions.clients import client
from shipway.targets.aws.target import aws_target

ROWS = "s3://tiny-data/batch/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud with one release in production, rows below s3://tiny-data/batch/, and the platform's function."""
    made = Cloud()
    made.release()
    for name in ("one", "deep/two"):
        made.storage.put("tiny-data", f"batch/{name}.csv", "1,2\n3,4\n")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", made.session())
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    client.cache_clear()
    made.transforming.ended = lambda name: add_transform_header.handler(ended(name), None)
    yield made
    client.cache_clear()


def ended(name: str) -> dict[str, Any]:
    """Return EventBridge's event on a transform job."""
    kind = "SageMaker Transform Job State Change"
    detail = {"TransformJobName": name, "TransformJobStatus": "Completed"}
    return STATE_CHANGE | {"detail-type": kind, "detail": detail}


@pytest.fixture
def batches(cloud: Cloud, tmp_path: Path) -> Batches:
    project = tiny.write(tmp_path / "tiny", data={"bucket": "tiny-data", "prefix": "batch/"})
    return aws_target(project, cloud.session(), lambda: cloud.fake.now).batches


def test_a_batch_is_a_transform_job_of_the_release_s_model(batches: Batches, cloud: Cloud) -> None:
    begun = batches.start(BatchRequest(input=ROWS, strategy="SingleRecord", concurrent=4), by="ada")
    assert (begun.name, begun.status, begun.release, begun.final) == ("tiny-batch-1", "running", 1, False)
    (model,) = cloud.called("sagemaker.CreateModel")
    release = cloud.fake.release(1)
    assert model["PrimaryContainer"] == {
        "Image": release.bundle.image,
        "ModelDataUrl": release.model,
        "Environment": {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    }
    assert model["ExecutionRoleArn"].endswith(":role/tiny-us-east-1-jobs")
    (job,) = cloud.called("sagemaker.CreateTransformJob")
    assert job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == ROWS
    assert (job["ModelName"], job["BatchStrategy"], job["MaxConcurrentTransforms"]) == (
        "tiny-release-1",
        "SingleRecord",
        4,
    )
    cloud.transforming.run(begun.name)
    done = batches.get("latest")
    assert (done.status, done.ended) == ("succeeded", cloud.fake.now)
    place = f"s3://{ARTIFACTS}/batches/tiny-batch-1/output"
    assert done.files == (f"{place}/deep/two.csv.out", f"{place}/one.csv.out")
    assert cloud.storage.text(ARTIFACTS, "batches/tiny-batch-1/output/one.csv.out") == "3\n7\n"
    assert batches.list() == [replace(done, files=())]


def test_the_model_is_made_once_and_again_when_it_would_be_another(batches: Batches, cloud: Cloud) -> None:
    for number in (1, 2):
        assert batches.start(BatchRequest(input=ROWS), by="ada").name == f"tiny-batch-{number}"
    assert len(cloud.called("sagemaker.CreateModel")) == 1
    cloud.transforming.models["tiny-release-1"]["PrimaryContainer"]["Image"] = "of-a-project-that-was-taken-away"
    batches.start(BatchRequest(input=ROWS), by="ada")
    assert len(cloud.called("sagemaker.CreateModel")) == 2
    assert [each.name for each in batches.list(limit=2)] == ["tiny-batch-3", "tiny-batch-2"]


def test_a_name_that_an_earlier_project_s_job_has_is_not_taken(batches: Batches, cloud: Cloud) -> None:
    cloud.transforming.jobs["tiny-batch-1"] = {
        "TransformJobName": "tiny-batch-1",
        "TransformJobStatus": "Completed",
        "ModelName": "tiny-release-1",
        "CreationTime": cloud.fake.now,
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": ROWS}}},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    assert batches.start(BatchRequest(input=ROWS), by="ada").name == "tiny-batch-2"


def test_header_rows_are_taken_off_and_put_on_again(batches: Batches, cloud: Cloud) -> None:
    for name in ("one", "deep/two"):
        cloud.storage.put("tiny-data", f"batch/{name}.csv", "a,b\r\n1,2\n3,4\n")
    request = BatchRequest(input=ROWS, header=True, columns=("sum",))
    begun = batches.start(request, by="ada")
    assert cloud.storage.text(ARTIFACTS, "batches/tiny-batch-1/input/deep/two.csv") == "1,2\n3,4\n"
    cloud.transforming.run(begun.name)
    done = batches.get(begun.name)
    assert done.files == tuple(f"{done.output}{name}" for name in ("deep/two.csv", "one.csv"))
    assert cloud.storage.text(ARTIFACTS, "batches/tiny-batch-1/output/one.csv") == "sum\n3\n7\n"
    record = json.loads(cloud.storage.text(ARTIFACTS, "batches/tiny-batch-1/request.json"))
    assert (record["By"], record["Request"]["input"]) == ("ada", ROWS)


def test_joined_rows_get_the_source_s_columns_too(batches: Batches, cloud: Cloud) -> None:
    cloud.storage.put("tiny-data", "joined/rows.csv", 'a,"b, c"\n1,2\n')
    request = BatchRequest(input="s3://tiny-data/joined/rows.csv", header=True, columns=("sum",), join="Input")
    batches.start(request, by="ada")
    record = json.loads(cloud.storage.text(ARTIFACTS, "batches/tiny-batch-1/request.json"))
    assert record["Header"] == ["a", "b, c", "sum"]
    assert cloud.storage.text(ARTIFACTS, "batches/tiny-batch-1/input/rows.csv") == "1,2\n"


def test_a_large_file_is_copied_inside_s3(batches: Batches, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header, "PART", SMALL)
    rows = "1,2\n" * (SMALL // 3)
    cloud.storage.put("tiny-data", "large/rows.csv", "a,b\n" + rows)
    batches.start(BatchRequest(input="s3://tiny-data/large/", header=True), by="ada")
    assert cloud.storage.text(ARTIFACTS, "batches/tiny-batch-1/input/rows.csv") == rows
    assert len(cloud.called("s3.UploadPartCopy")) == 2
    (head,) = [each for each in cloud.called("s3.GetObject") if each["Key"] == "large/rows.csv"]
    assert head["Range"] == "bytes=0-65535"
    assert not cloud.storage.uploads


def test_a_batch_without_its_header_rows_says_so_in_the_end(batches: Batches, cloud: Cloud) -> None:
    cloud.transforming.ended = lambda _: None
    begun = batches.start(BatchRequest(input=ROWS, columns=("sum",)), by="ada")
    cloud.transforming.run(begun.name)
    waiting = batches.get(begun.name)
    assert (waiting.status, waiting.progress) == ("running", "adding header rows")
    cloud.transforming.jobs[begun.name]["TransformEndTime"] -= 16 * MINUTE
    failed = batches.get(begun.name)
    assert (failed.status, "shipway logs tiny-add-transform-header" in failed.reason) == ("failed", True)


def test_a_job_that_fails_says_why(batches: Batches, cloud: Cloud) -> None:
    cloud.transforming.fails = "rows.csv: Bad HTTP status received from algorithm: 400"
    begun = batches.start(BatchRequest(input=ROWS), by="ada")
    cloud.transforming.run(begun.name)
    found = batches.get(begun.name)
    assert (found.status, found.reason, found.files) == ("failed", cloud.transforming.fails, ())
    with pytest.raises(ExecutionFinished):
        batches.stop(begun.name, by="ada")


def test_files_that_are_sent_whole_have_no_strategy(batches: Batches, cloud: Cloud) -> None:
    batches.start(BatchRequest(input=ROWS, split="None", assemble="None", content_type="image/png"), by="ada")
    (job,) = cloud.called("sagemaker.CreateTransformJob")
    assert (job["TransformInput"]["SplitType"], "BatchStrategy" in job) == ("None", False)


def test_a_stop_ends_the_job(batches: Batches, cloud: Cloud) -> None:
    begun = batches.start(BatchRequest(input=ROWS), by="ada")
    assert batches.stop("latest", by="ada").progress == "stopping"
    cloud.transforming.jobs[begun.name] |= {"TransformJobStatus": "Stopped", "TransformEndTime": cloud.fake.now}
    assert batches.get(begun.name).status == "stopped"


def test_a_start_that_was_cut_off_is_told_after_a_while(batches: Batches, cloud: Cloud) -> None:
    begun = batches.start(BatchRequest(input=ROWS), by="ada")
    del cloud.transforming.jobs[begun.name]
    assert (batches.get(begun.name).status, batches.get(begun.name).progress) == ("queued", "preparing")
    key = "batches/tiny-batch-1/request.json"
    record = json.loads(cloud.storage.text(ARTIFACTS, key)) | {"At": (cloud.fake.now - 61 * MINUTE).isoformat()}
    cloud.storage.put(ARTIFACTS, key, json.dumps(record))
    assert "start it again" in batches.get(begun.name).reason


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (BatchRequest(input=ROWS, output="s3://tiny-data/answers/"), "its role writes below s3://tiny-artifacts"),
        (BatchRequest(input="s3://tiny-data/elsewhere/"), "its role reads below s3://tiny-data/batch/"),
        (BatchRequest(input="s3://tiny-data/batch/one.csv"), "is how batch/one.csv.bak begins as well"),
        (BatchRequest(input="s3://tiny-data/wide/", header=True), "longer than 65536 bytes"),
        (BatchRequest(input=ROWS, payload=20, concurrent=6), "6 requests of 20 MiB at a time are more than 100 MiB"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_made(
    batches: Batches, cloud: Cloud, request_: BatchRequest, problem: str
) -> None:
    cloud.storage.put("tiny-data", "elsewhere/rows.csv", "1\n")
    cloud.storage.put("tiny-data", "batch/one.csv.bak", "1\n")
    cloud.storage.put("tiny-data", "wide/rows.csv", "a" * 70_000)
    with pytest.raises(BatchInvalid, match=problem):
        batches.start(request_, by="ada")
    assert batches.list() == []
    assert not cloud.called("s3.PutObject")


def test_files_of_other_columns_do_not_go_together(batches: Batches, cloud: Cloud) -> None:
    cloud.storage.put("tiny-data", "batch/three.csv", "a,c\n1,2\n")
    with pytest.raises(HeadersDiffer, match=r"batch/one\.csv|batch/three\.csv"):
        batches.start(BatchRequest(input=ROWS, header=True), by="ada")
    with pytest.raises(BatchInputMissing):
        batches.start(BatchRequest(input="s3://tiny-data/bat"), by="ada")
