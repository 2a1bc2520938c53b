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
    "Reports": "s3://artifacts/monitor",
    "ReportBucket": "artifacts",
    "CaptureBucket": "capture",
    "JobsRole": "arn:aws:iam::111122223333:role/jobs",
}
ANALYSIS = {"features": [{"name": "distance", "metric": 0.2}, {"name": "carrier", "metric": None}]}


def filled() -> dict[str, Any]:
    """Return the document as the stack fills it."""
    text = json.dumps(document(FLIGHTS))
    for name, value in FILLED.items():
        text = text.replace(f"${{{name}}}", value)
    made: dict[str, Any] = json.loads(text)
    return made


def run(captured: int, known: int, analysis: Any) -> dict[str, Any]:
    """Return the calls of one run by their operation. captured, known: how many objects the two listings find."""
    calls: dict[str, Any] = {}
    found = iter([captured, known])

    def handler(task: Any) -> Any:
        operation = task.handler.removeprefix("aws-sdk:")
        calls[operation] = task.parameters
        if operation == "s3:listObjectsV2":
            calls[task.parameters["Prefix"]] = task.parameters
            return {"KeyCount": next(found)}
        return {"Body": json.dumps(analysis)} if operation == "s3:getObject" else {}

    world = World(handler=handler, jsonata=evaluator())
    ended = run_to_end(load(filled(), jsonata=world.jsonata), dict(ASKED), world, name="1c2d3e4f-0000")
    assert isinstance(ended, End), ended
    return calls


def test_the_hour_before_is_analyzed_under_model_monitor_s_contract() -> None:
    calls = run(3, 2, ANALYSIS)
    job = calls["sagemaker:createProcessingJob.sync"]
    assert job["ProcessingJobName"] == "flights-monitor-2026030109-1c2d3e4f"
    assert {each["InputName"]: each["S3Input"]["S3Uri"] for each in job["ProcessingInputs"]} == {
        "baseline": "s3://artifacts/runs/flights-1-0/baseline",
        "endpoint": "s3://capture/flights-prod-7/AllTraffic/2026/03/01/09/",
        "history": "s3://artifacts/monitor/flights-prod-7/profiles/",
    }
    environment = job["Environment"]
    assert environment["start_time"].startswith("2026-03-01T09:00:00")
    assert environment["end_time"].startswith("2026-03-01T10:00:00")
    outputs = [each["S3Output"]["S3Uri"] for each in job["ProcessingOutputConfig"]["Outputs"]]
    assert outputs == [
        "s3://artifacts/monitor/flights-prod-7/2026/03/01/09",
        "s3://artifacts/monitor/flights-prod-7/profiles",
    ]


def test_each_feature_that_could_be_measured_becomes_a_metric() -> None:
    sent = run(3, 2, ANALYSIS)["cloudwatch:putMetricData"]
    assert [(each["MetricName"], each["Value"]) for each in sent["MetricData"]] == [
        ("feature_baseline_drift_distance", 0.2)
    ]
    assert sent["MetricData"][0]["Dimensions"] == [{"Name": "Project", "Value": "flights"}]


@pytest.mark.parametrize(("captured", "known"), [(0, 0), (0, 1), (1, 0)])
def test_an_input_without_objects_is_left_out(captured: int, known: int) -> None:
    job = run(captured, known, ANALYSIS)["sagemaker:createProcessingJob.sync"]
    named = {each["InputName"] for each in job["ProcessingInputs"]}
    assert named == {"baseline", *(["endpoint"] if captured else []), *(["history"] if known else [])}


def test_nothing_measured_is_nothing_published() -> None:
    assert "cloudwatch:putMetricData" not in run(1, 0, {"features": [{"name": "distance", "metric": None}]})
