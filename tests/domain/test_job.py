"""What is decided about jobs."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.job import (
    REASON_LIMIT,
    JobKind,
    JobRecord,
    JobStage,
    JobStatus,
    Transition,
    failure_reason,
    final_metrics,
)
from shipway.domain.job_description import describe
from shipway.domain.job_request import job_request

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "code", "last", "reason"),
    [
        ("  column x is missing\n", 1, "Traceback", "column x is missing"),
        ("x" * 2000, 1, "", "x" * REASON_LIMIT),
        ("", 3, "", "the program ended with exit code 3 and left no /opt/ml/output/failure"),
        (
            "\n",
            1,
            "ValueError: no x",
            "the program ended with exit code 1 and left no /opt/ml/output/failure; its last words: ValueError: no x",
        ),
        (
            "",
            137,
            "",
            "the program was killed (SIGKILL: often too little memory) and left no /opt/ml/output/failure",
        ),
        ("", 139, "", "the program was ended by SIGSEGV and left no /opt/ml/output/failure"),
    ],
)
def test_why_a_program_failed(written: str, code: int, last: str, reason: str) -> None:
    assert failure_reason(written, code, last) == reason


def test_the_last_match_of_each_metric_counts() -> None:
    lines = ["loss=1.5 auc=x", "auc=0.5", "loss=0.25;"]
    definitions = [("loss", r"loss=([0-9.]+)"), ("auc", r"auc=(\S+)"), ("none", r"none=(\d)"), ("groupless", "loss")]
    assert final_metrics(definitions, lines) == {"loss": 0.25, "auc": 0.5}


@pytest.mark.parametrize(
    ("kind", "entrypoint", "arguments", "command"),
    [
        (JobKind.TRAINING, None, None, ("python", "train")),
        (JobKind.TRAINING, ["fit"], None, ("fit",)),
        (JobKind.TRAINING, ["fit"], ["-v"], ("fit", "-v")),
        (JobKind.TRAINING, None, ["-v"], ("python", "-v")),
        (JobKind.PROCESSING, None, None, ("python", "default")),
        (JobKind.PROCESSING, ["run.py"], None, ("run.py",)),
    ],
)
def test_the_command_of_a_container(
    kind: JobKind, entrypoint: list[str] | None, arguments: list[str] | None, command: tuple[str, ...]
) -> None:
    app = {"ContainerEntrypoint": entrypoint, "ContainerArguments": arguments}
    app = {name: words for name, words in app.items() if words}
    if kind is JobKind.TRAINING:
        document = {
            "AlgorithmSpecification": {"TrainingImage": "i", **app},
            "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        }
    else:
        document = {"AppSpecification": {"ImageUri": "i", **app}}
    assert job_request(kind, document, "n").command(("python",), ("default",)) == command  # type: ignore[arg-type]


def record(status: JobStatus, *stages: JobStage, kind: JobKind = JobKind.TRAINING, reason: str = "") -> JobRecord:
    steps = tuple(Transition(stage=stage, at=NOON + timedelta(seconds=n)) for n, stage in enumerate(stages))
    return JobRecord(
        name="n",
        kind=kind,
        status=status,
        created=NOON,
        transitions=steps,
        failure_reason=reason,
        metrics={"loss": 0.5},
    )


def test_a_training_job_is_described_as_the_service_does() -> None:
    request = job_request(
        JobKind.TRAINING,
        {
            "AlgorithmSpecification": {"TrainingImage": "i"},
            "OutputDataConfig": {"S3OutputPath": "s3://b/o/"},
            "HyperParameters": {"a": "1"},
        },
        "n",
    )
    done = record(JobStatus.COMPLETED, JobStage.STARTING, JobStage.TRAINING, JobStage.UPLOADING, JobStage.COMPLETED)
    told = describe(request, done, NOON)
    start = 1767355200000
    assert told == {
        "AlgorithmSpecification": {"TrainingImage": "i"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/o/"},
        "HyperParameters": {"a": "1"},
        "TrainingJobName": "n",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:000000000000:training-job/n",
        "TrainingJobStatus": "Completed",
        "CreationTime": start,
        "LastModifiedTime": start + 3000,
        "SecondaryStatus": "Completed",
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "StartTime": start, "EndTime": start + 1000, "StatusMessage": "Preparing the job"},
            {
                "Status": "Training",
                "StartTime": start + 1000,
                "EndTime": start + 2000,
                "StatusMessage": "Running the program",
            },
            {
                "Status": "Uploading",
                "StartTime": start + 2000,
                "EndTime": start + 3000,
                "StatusMessage": "Uploading the outputs",
            },
            {
                "Status": "Completed",
                "StartTime": start + 3000,
                "EndTime": start + 3000,
                "StatusMessage": "The job completed",
            },
        ],
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/o/n/output/model.tar.gz"},
        "FinalMetricDataList": [{"MetricName": "loss", "Value": 0.5, "Timestamp": start + 3000}],
        "TrainingStartTime": start + 1000,
        "TrainingEndTime": start + 3000,
        "TrainingTimeInSeconds": 2,
        "BillableTimeInSeconds": 2,
    }


def test_a_job_that_never_started_its_program_has_no_start_time() -> None:
    request = job_request(JobKind.PROCESSING, {"AppSpecification": {"ImageUri": "i"}}, "n")
    failed = record(JobStatus.FAILED, JobStage.STARTING, JobStage.FAILED, kind=JobKind.PROCESSING, reason="no data")
    told = describe(request, failed, NOON)
    assert told["FailureReason"] == "no data"
    assert "ProcessingStartTime" not in told
    assert failed.seconds() == {JobStage.STARTING: 1.0}
