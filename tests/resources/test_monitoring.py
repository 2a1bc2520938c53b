"""The monitoring workflow, run whole by this machine's own interpreter."""

import json
from typing import Any

import pytest

from resources.projects import FLIGHTS
from shipway.domain.asl import load
from shipway.domain.asl.driver import World, run_to_end
from shipway.domain.asl.steps import End
from shipway.targets.aws.resources.monitoring import document
from shipway.targets.local.jsonata import evaluator

ASKED = {
    "Time": "2026-03-01T10:20:00Z",
    "Endpoint": "flights-prod-7",
    "Baseline": "s3://artifacts/runs/flights-1-0/baseline",
    "Image": "analyze@sha256:0",
    "InstanceType": "ml.m5.large",
}
FILLED = {
    "Project": "flights",
    "KeyArn": "arn:aws:kms:us-east-1:111122223333:key/1",
    "ReportBucket": "artifacts",
    "CaptureBucket": "capture",
    "JobsRole": "arn:aws:iam::111122223333:role/jobs",
}
MEASURED = {"metrics": [{"name": "feature_baseline_drift_distance", "value": 0.2}]}
ALL = ("flights-prod-7/", "monitor/flights-prod-7/", "ground-truth/", "monitor/answers/", "monitor/quality/")


def filled() -> dict[str, Any]:
    """Return the document as the stack fills it."""
    text = json.dumps(document(FLIGHTS))
    for name, value in FILLED.items():
        text = text.replace(f"${{{name}}}", value)
    made: dict[str, Any] = json.loads(text)
    return made


def run(*there: str, measured: Any) -> dict[str, Any]:
    """Return the calls of one run by their operation. there: what the keys begin with that have objects."""
    calls: dict[str, Any] = {}

    def handler(task: Any) -> Any:
        operation = task.handler.removeprefix("aws-sdk:")
        calls[operation] = task.parameters
        if operation == "s3:listObjectsV2":
            calls[task.parameters["Prefix"]] = task.parameters
            return {"KeyCount": int(task.parameters["Prefix"].startswith(there))}
        return {"Body": json.dumps(measured)} if operation == "s3:getObject" else {}

    world = World(handler=handler, jsonata=evaluator())
    ended = run_to_end(load(filled(), jsonata=world.jsonata), dict(ASKED), world, name="1c2d3e4f-0000")
    assert isinstance(ended, End), ended
    return calls


def test_the_hour_before_is_analyzed_under_model_monitor_s_contract() -> None:
    calls = run(*ALL, measured=MEASURED)
    job = calls["sagemaker:createProcessingJob.sync"]
    assert job["ProcessingJobName"] == "flights-monitor-2026030109-1c2d3e4f"
    assert {each["InputName"]: each["S3Input"]["S3Uri"] for each in job["ProcessingInputs"]} == {
        "baseline": "s3://artifacts/runs/flights-1-0/baseline",
        "releases": "s3://artifacts/releases/flights/",
        "endpoint": "s3://capture/flights-prod-7/AllTraffic/2026/03/01/09/",
        "history": "s3://artifacts/monitor/flights-prod-7/profiles/",
        "quality": "s3://artifacts/monitor/quality/",
        "labels": "s3://artifacts/ground-truth/",
        "answers": "s3://artifacts/monitor/answers/",
    }
    environment = job["Environment"]
    assert environment["start_time"].startswith("2026-03-01T09:00:00")
    assert environment["end_time"].startswith("2026-03-01T10:00:00")
    assert (environment["gate_metric"], environment["predicts"]) == ("roc_auc", "auto")
    outputs = {each["OutputName"]: each["S3Output"]["S3Uri"] for each in job["ProcessingOutputConfig"]["Outputs"]}
    assert outputs == {
        "report": "s3://artifacts/monitor/flights-prod-7/2026/03/01/09",
        "profiles": "s3://artifacts/monitor/flights-prod-7/profiles",
        "answers": "s3://artifacts/monitor/answers/flights-prod-7",
        "quality": "s3://artifacts/monitor/quality",
    }


def test_what_the_job_has_measured_becomes_metrics_of_the_project() -> None:
    calls = run(*ALL, measured=MEASURED)
    assert calls["s3:getObject"]["Key"] == "monitor/flights-prod-7/2026/03/01/09/metrics.json"
    sent = calls["cloudwatch:putMetricData"]
    assert [(each["MetricName"], each["Value"]) for each in sent["MetricData"]] == [
        ("feature_baseline_drift_distance", 0.2)
    ]
    assert sent["MetricData"][0]["Dimensions"] == [{"Name": "Project", "Value": "flights"}]


@pytest.mark.parametrize(
    ("there", "named"),
    [
        ((), set()),
        (("flights-prod-7/",), {"endpoint"}),
        (("monitor/flights-prod-7/",), {"history"}),
        (("monitor/quality/", "monitor/answers/"), {"quality"}),  # without labels nothing is joined
        (("ground-truth/",), {"labels"}),
        (("ground-truth/", "monitor/answers/"), {"labels", "answers"}),
    ],
)
def test_an_input_without_objects_is_left_out(there: tuple[str, ...], named: set[str]) -> None:
    job = run(*there, measured=MEASURED)["sagemaker:createProcessingJob.sync"]
    assert {each["InputName"] for each in job["ProcessingInputs"]} == {"baseline", "releases", *named}


def test_labels_are_looked_for_two_days_back() -> None:
    assert run(measured=MEASURED)["ground-truth/"]["StartAfter"] == "ground-truth/2026/02/27/09"


def test_nothing_measured_is_nothing_published() -> None:
    assert "cloudwatch:putMetricData" not in run(*ALL, measured={"metrics": []})
