"""The platform's functions, each with the events that its service sends, on an account in memory."""

import io
import json
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from aws import function_events as events
from aws.account import Account, Refusal
from aws.admitting import Admitting
from aws.recording import expect
from aws.storage import Storage
from shipway.domain.capture import Payload, Record, encode
from shipway.domain.gate import EvaluationInvalid
from shipway.domain.gate_question import QuestionMalformed
from shipway.runtime.shared_data import SharedDataInvalid
from shipway.targets.aws.functions import (
    add_transform_header,
    create_experiment,
    create_release,
    post_traffic,
    pre_traffic,
    query_drift,
    query_evaluation,
    query_training,
    record_live,
    share_artifacts,
)
from shipway.targets.aws.functions.traffic import HookCheckFailed

PREFIX = events.PREFIX.removeprefix(f"s3://{events.ARTIFACTS}/")
REPORT = events.REPORT.removeprefix(f"s3://{events.ARTIFACTS}/")
MODEL = events.MODEL.removeprefix(f"s3://{events.ARTIFACTS}/")
ENVIRONMENT = {
    "PROJECT": "tiny",
    "ARTIFACT_BUCKET": events.ARTIFACTS,
    "CAPTURE_BUCKET": events.CAPTURE,
    "TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:tiny-notices",
    "RELEASE": "7",
    "ENDPOINT_NAME": "tiny-prod-7",
    "FUNCTION_VERSION_ARN": events.VERSION,
    "RUN_PREFIX": events.PREFIX,
    "USER_HOOK": "",
    "REPLAY": "20",
    "MAX_ANSWER_DIFFERENCE": "0.2",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def archive(files: dict[str, bytes], link: str = "") -> bytes:
    """Return a model.tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("user-data/link")
            member.type, member.linkname = tarfile.SYMTYPE, link
            tar.addfile(member)
    return buffer.getvalue()


def sagemaker(account: Account) -> None:
    for name in ("CreateExperiment", "CreateTrial", "CreateTrialComponent", "AssociateTrialComponent"):
        account.serves[f"sagemaker.{name}"] = lambda _: {}
    account.serves["sagemaker.UpdateTrialComponent"] = lambda _: {}


# The training workflow's own


def test_a_run_is_recorded_with_what_went_in(account: Account) -> None:
    sagemaker(account)
    assert create_experiment.handler(dict(events.BEGIN), None) == {"Run": events.RUN}
    (made,) = account.called("sagemaker.CreateTrialComponent")
    assert made["Parameters"] == {"score": {"StringValue": "0.9"}, "seed": {"StringValue": "1"}}
    assert made["InputArtifacts"]["image"] == {"Value": events.IMAGE}
    expect("create-experiment", account.calls)


def test_beginning_a_run_twice_is_beginning_it_once(account: Account) -> None:
    def taken(asked: dict[str, Any]) -> None:
        raise Refusal("ValidationException", f"Experiment names must be unique: {asked} already exists")

    sagemaker(account)
    account.serves |= {"sagemaker.CreateExperiment": taken, "sagemaker.CreateTrial": taken}
    assert create_experiment.handler(dict(events.BEGIN), None) == {"Run": events.RUN}


def test_another_refusal_of_the_service_fails_the_state(account: Account) -> None:
    def refuse(_: dict[str, Any]) -> None:
        raise Refusal("ResourceLimitExceeded")

    sagemaker(account)
    account.serves["sagemaker.CreateTrial"] = refuse
    with pytest.raises(Exception, match="ResourceLimitExceeded"):
        create_experiment.handler(dict(events.BEGIN), None)


@pytest.mark.parametrize(
    ("value", "live", "passed", "sentence"),
    [
        (0.9, None, True, "score 0.9 meets the threshold 0.5, and no model is live yet"),
        (0.4, None, False, "score 0.4 misses the threshold 0.5"),
        (0.7, 0.8, False, "score 0.7 meets the threshold 0.5, but is worse than release 3's 0.8 on the same test data"),
    ],
)
def test_the_gate_decides_as_on_one_machine(
    account: Account, storage: Storage, value: float, live: float | None, passed: bool, sentence: str
) -> None:
    sagemaker(account)
    question = dict(events.QUESTION)
    storage.put(events.ARTIFACTS, f"{PREFIX}/evaluate/evaluation.json", _evaluation(value))
    if live is not None:
        storage.put(events.ARTIFACTS, f"{PREFIX}/evaluate-live/evaluation.json", _evaluation(live))
        question |= {"Live": question["Live"] | {"Present": True, "Release": 3}}
        question |= {"LiveEvaluation": f"{events.PREFIX}/evaluate-live"}
    answer = query_evaluation.handler(question, None)
    assert isinstance(answer, dict)
    assert (answer["Passed"], answer["Sentence"]) == (passed, sentence)
    (update,) = account.called("sagemaker.UpdateTrialComponent")
    assert update["Parameters"]["metric.score"] == {"NumberValue": value}
    if live is not None:
        expect("query-evaluation", account.calls)


def _evaluation(value: float) -> str:
    return json.dumps({"metrics": {"score": {"value": value}}})


def test_an_evaluation_that_was_not_written_never_passes(account: Account, storage: Storage) -> None:
    sagemaker(account)
    with pytest.raises(EvaluationInvalid, match="was not written"):
        query_evaluation.handler(dict(events.QUESTION), None)


def test_the_end_of_a_run_is_recorded_either_way(account: Account) -> None:
    sagemaker(account)
    assert query_training.handler(dict(events.TRAINED), None) == {"Run": events.RUN, "Status": "completed"}
    assert query_training.handler(dict(events.FAILED), None) == {"Run": events.RUN, "Status": "failed"}
    completed, failed = account.called("sagemaker.UpdateTrialComponent")
    assert completed["OutputArtifacts"] == {"model": {"Value": events.MODEL}}
    assert "no signal" in failed["Status"]["Message"]
    expect("query-training", account.calls)


def test_what_a_model_brings_is_on_the_volume_once(account: Account, storage: Storage, tmp_path: Path) -> None:
    storage.put(events.ARTIFACTS, MODEL, archive({"model.bin": b"m", "user-data/a/names.txt": b"mean\n"}))
    for _ in range(2):
        assert share_artifacts.share(events.MODEL, tmp_path / "run", lambda _: None) == ["a/names.txt"]
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        "run/a/names.txt"
    ]
    expect("share-artifacts", account.calls)


@pytest.mark.parametrize("files", [{"user-data/../../evil": b"x"}, {"user-data/link": b""}])
def test_a_member_that_is_no_plain_file_is_refused(
    account: Account, storage: Storage, tmp_path: Path, files: dict[str, bytes]
) -> None:
    link = "" if "user-data/../../evil" in files else "/etc/passwd"
    storage.put(events.ARTIFACTS, MODEL, archive({} if link else files, link))
    with pytest.raises(SharedDataInvalid):
        share_artifacts.share(events.MODEL, tmp_path / "run", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_breaks_off_is_read_again(account: Account, storage: Storage, tmp_path: Path) -> None:
    whole, pauses = archive({"user-data/names.txt": b"mean\n" * 9000}), []
    bodies = [whole[:40], whole]

    def get(_: dict[str, Any]) -> dict[str, Any]:
        return {"Body": StreamingBody(io.BytesIO(content := bodies.pop(0)), len(whole)), "ContentLength": len(content)}

    account.serves["s3.GetObject"] = get
    assert share_artifacts.share(events.MODEL, tmp_path / "run", pauses.append) == ["names.txt"]
    assert pauses == [2.0]


# The pipeline's actions


def trained(account: Account, storage: Storage) -> None:
    """A training execution that has ended well."""
    given = {"Image": events.IMAGE, "Data": events.DATA}
    evaluation = {"Payload": {"Metrics": {"score": 0.9}, "Sentence": "score 0.9 meets the threshold 0.5"}}
    result = {"Training": {"ModelDataUrl": events.MODEL}, "Evaluation": evaluation}
    got = {
        **given,
        "Run": {"Name": events.RUN, "Output": events.PREFIX},
        "Result": result,
        "Shared": {"Payload": {"Folder": events.RUN}},
    }
    at = datetime(2026, 3, 1, tzinfo=UTC)
    machine = "arn:aws:states:us-east-1:111122223333:stateMachine:tiny-training"
    account.serves["stepfunctions.DescribeExecution"] = lambda asked: {
        "executionArn": asked["executionArn"],
        "stateMachineArn": machine,
        "status": "SUCCEEDED",
        "startDate": at,
        "input": json.dumps(given),
        "output": json.dumps(got),
    }
    account.serves["stepfunctions.DescribeStateMachineForExecution"] = lambda _: {
        "stateMachineArn": machine,
        "name": "tiny-training",
        "definition": '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        "roleArn": "arn:aws:iam::111122223333:role/tiny",
        "updateDate": at,
    }
    account.serves["codepipeline.PutJobSuccessResult"] = lambda _: {}
    account.serves["codepipeline.PutJobFailureResult"] = lambda _: {}
    storage.put(events.ARTIFACTS, MODEL, b"the model")


def test_a_trained_model_becomes_a_release_once(account: Account, storage: Storage) -> None:
    trained(account, storage)
    for _ in range(2):
        create_release.handler(dict(events.CREATE), None)
    first, again = account.called("codepipeline.PutJobSuccessResult")
    assert first == again
    variables = first["outputVariables"]
    assert (variables["Release"], variables["ModelDataUrl"]) == ("1", events.MODEL)
    assert (variables["RunPrefix"], variables["RunFolder"]) == (events.PREFIX, events.RUN)
    assert [key for key in storage.keys(events.ARTIFACTS) if key.startswith("releases/")] == [
        "releases/tiny/00000001.json"
    ]
    with pytest.raises(QuestionMalformed):
        create_release.handler(events.pipeline_job({"Project": "tiny"}), None)
    (failure,) = account.called("codepipeline.PutJobFailureResult")
    assert failure["failureDetails"]["message"] == "Workflow is NoneType, a text is needed"
    storage.put(events.ARTIFACTS, "live/tiny/20260301T000000.000000Z-other.json", _live(1))
    create_release.handler(dict(events.CREATE), None)
    expect("create-release", account.calls)


def _live(number: int) -> str:
    record = {"release": number, "since": "2026-03-01T00:00:00+00:00", "execution": "other", "verdict": "v"}
    return json.dumps(record)


def test_going_live_is_written_down_once_an_execution(account: Account, storage: Storage) -> None:
    trained(account, storage)
    admitting = Admitting(plan="plan1").into(account)
    for name in ("tiny-api-early", "tiny-api-late", "other-api-app"):
        account.serves["apigateway.CreateApiKey"]({"name": name})
    admitting.admitted.append("key1")
    for _ in range(2):
        record_live.handler(dict(events.LIVE), None)
    assert admitting.admitted == ["key1", "key0"]
    (key,) = storage.keys(events.ARTIFACTS)[:1]
    assert json.loads(storage.text(events.ARTIFACTS, key))["release"] == 1
    assert sum(each.startswith("live/") for each in storage.keys(events.ARTIFACTS)) == 1
    expect("record-live", account.calls)


def test_a_function_that_fails_tells_the_pipeline_at_once(account: Account, storage: Storage) -> None:
    def gone(_: dict[str, Any]) -> None:
        raise Refusal("ExecutionDoesNotExist", "no such execution")

    trained(account, storage)
    account.serves["stepfunctions.DescribeExecution"] = gone
    with pytest.raises(ClientError):
        create_release.handler(dict(events.CREATE), None)
    (failure,) = account.called("codepipeline.PutJobFailureResult")
    assert "no such execution" in failure["failureDetails"]["message"]


# Traffic


def lambdas(account: Account, answer: Callable[[dict[str, Any]], Any], error: str = "") -> None:
    """A new version of the API's function, and the user's hook."""

    def invoke(asked: dict[str, Any]) -> dict[str, Any]:
        if asked["FunctionName"] != events.VERSION:
            return {"StatusCode": 202}
        body = json.dumps(answer(json.loads(asked["Payload"]))).encode()
        told = {"FunctionError": error} if error else {}
        return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **told}

    account.serves["lambda.Invoke"] = invoke
    account.serves["codedeploy.PutLifecycleEventHookExecutionStatus"] = lambda _: {}


def good(_: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {}, "body": '{"predictions": [0.5]}', "isBase64Encoded": False}


@pytest.fixture
def rows(storage: Storage) -> Storage:
    """A run that has left baseline data."""
    storage.put(events.ARTIFACTS, f"{PREFIX}/data/baseline/baseline.csv", "x,y\n1,2\n3,4\n")
    return storage


def status(account: Account) -> str:
    (said,) = account.called("codedeploy.PutLifecycleEventHookExecutionStatus")
    assert said["deploymentId"] == events.HOOK["DeploymentId"]
    return str(said["status"])


def test_the_new_version_is_asked_with_real_rows_before_any_caller(account: Account, rows: Storage) -> None:
    asked: list[dict[str, Any]] = []
    lambdas(account, lambda event: asked.append(event) or good(event))
    told = pre_traffic.handler(dict(events.HOOK), _Context())
    assert told == {
        "status": "Succeeded",
        "reason": "2 real rows answered by tiny-prod-7; no release is live, so nothing is replayed",
    }
    assert asked[0]["body"] == "1,2\n3,4\n"
    assert status(account) == "Succeeded"


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        ({"statusCode": 502, "body": "{}"}, "", "answered 502 to real rows"),
        ({"errorMessage": "no module named model"}, "Unhandled", "ended in Unhandled"),
        ({"statusCode": 200, "body": "no json"}, "", "Expecting value"),
        ([], "", "answered None"),
    ],
)
def test_a_version_that_cannot_answer_gets_no_traffic(
    account: Account, rows: Storage, answer: object, error: str, reason: str
) -> None:
    lambdas(account, lambda _: answer, error)
    told = pre_traffic.handler(dict(events.HOOK), _Context())
    assert isinstance(told, dict)
    assert reason in str(told["reason"])
    assert status(account) == "Failed"


def test_without_rows_nothing_passes(account: Account, storage: Storage) -> None:
    lambdas(account, good)
    pre_traffic.handler(dict(events.HOOK), _Context())
    assert status(account) == "Failed"


def test_the_users_own_hook_has_the_last_word(account: Account, rows: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_HOOK", "tiny-pre-traffic-hook")
    lambdas(account, good)
    pre_traffic.handler(dict(events.HOOK), _Context())
    own = account.called("lambda.Invoke")[-1]
    assert (own["FunctionName"], own["InvocationType"]) == ("tiny-pre-traffic-hook", "Event")
    assert json.loads(own["Payload"]) == events.HOOK
    assert not account.called("codedeploy.PutLifecycleEventHookExecutionStatus")
    monkeypatch.setenv("USER_HOOK", "")
    went_live(rows, 6)
    replayed(account, rows, [0.5] * 3, lambda _: 0.5)
    pre_traffic.handler(dict(events.HOOK), _Context())
    expect("pre-traffic", account.calls)


def went_live(storage: Storage, release: int) -> None:
    record = {"release": release, "since": "2026-03-01T10:00:00+00:00", "execution": "tiny-1", "verdict": "fine"}
    storage.put(events.ARTIFACTS, "live/tiny/20260301T100000.000000Z-tiny-1.json", json.dumps(record))


def replayed(account: Account, storage: Storage, answers: list[float], new: Callable[[bytes], float | None]) -> None:
    """Capture requests of release 6, and let release 7's model answer. new: body -> prediction, None for an error."""
    now = datetime.now(UTC)
    lines = b"".join(
        encode(
            Record(
                input=Payload(content_type="text/csv", body=f"{number},2\n".encode()),
                output=Payload(content_type="text/csv", body=f"{said}\n".encode()),
                event=f"event-{number}",
                time=now,
            )
        )
        for number, said in enumerate(answers)
    )
    storage.put(events.CAPTURE, f"tiny-prod-6/AllTraffic/{now:%Y/%m/%d/%H}/file.jsonl", lines)

    def ask(asked: dict[str, Any]) -> dict[str, Any]:
        said = new(asked["Body"])
        if said is None:
            raise Refusal("ModelError", "the model failed", 424)
        body = f"{said}\n".encode()
        return {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "text/csv"}

    account.serves["sagemaker-runtime.InvokeEndpoint"] = ask


@pytest.mark.parametrize(
    ("new", "status_of", "reason"),
    [
        (lambda body: int(body.split(b",")[0]) / 30, "Succeeded", "20 recorded requests answered, 0 of 20 predictions"),
        (lambda body: 1 - int(body.split(b",")[0]) / 30, "Failed", "20.0% are allowed"),
        (lambda _: None, "Failed", "recorded requests (most often: status 424)"),
        (lambda _: 0.5, "Failed", "one and the same answer to 20 different rows"),
    ],
)
def test_a_model_that_answers_recent_requests_otherwise_gets_no_traffic(
    account: Account, rows: Storage, new: Callable[[bytes], float | None], status_of: str, reason: str
) -> None:
    lambdas(account, good)
    went_live(rows, 6)
    replayed(account, rows, [number / 30 for number in range(30)], new)
    told = pre_traffic.handler(dict(events.HOOK), _Context())
    assert isinstance(told, dict)
    assert (told["status"], status(account)) == (status_of, status_of)
    assert reason in str(told["reason"])
    asked = account.called("sagemaker-runtime.InvokeEndpoint")
    assert {(each["EndpointName"], each["InferenceId"], each["Accept"]) for each in asked} == {
        ("tiny-prod-7", "replay", "text/csv")
    }
    if status_of == "Succeeded":
        assert {int(each["Body"].split(b",")[0]) for each in asked} == set(range(10, 30)), "the newest"


@pytest.mark.parametrize("live", [7, 8])
def test_a_release_that_is_brought_back_is_not_held_up(account: Account, rows: Storage, live: int) -> None:
    lambdas(account, good)
    went_live(rows, live)
    told = pre_traffic.handler(dict(events.HOOK), _Context())
    assert isinstance(told, dict)
    assert "is not held up by a replay" in str(told["reason"])
    assert told["status"] == "Succeeded"


def test_without_time_for_them_requests_are_not_replayed(account: Account, rows: Storage) -> None:
    lambdas(account, good)
    went_live(rows, 6)
    replayed(account, rows, [0.5] * 3, lambda _: 0.5)
    told = pre_traffic.handler(dict(events.HOOK), _Context(left=0))
    assert isinstance(told, dict)
    assert "no recorded request that could be compared" in str(told["reason"])


def captured(storage: Storage, identity: str, time: datetime) -> None:
    body = Payload(content_type="text/csv", body=b"1,2\n")
    record = Record(input=body, output=body, event="event-1", time=time, inference=identity)
    key = f"tiny-prod-7/AllTraffic/{time:%Y/%m/%d/%H}/file.jsonl"
    storage.put(events.CAPTURE, key, encode(record))


def test_the_captured_record_of_this_very_call_is_waited_for(
    account: Account, rows: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    lambdas(account, lambda event: asked.append(event["requestContext"]["requestId"]) or good(event))
    said = post_traffic.check(lambda: 100.0, lambda _: captured(rows, asked[0], datetime.now(UTC)))
    assert said == "2 real rows answered by tiny-prod-7; captured as event event-1"
    rows.buckets[events.CAPTURE].clear()
    assert post_traffic.handler(dict(events.HOOK), _Context(left=0)) == {
        "status": "Failed",
        "reason": "2 real rows answered by tiny-prod-7, but nothing of it was captured "
        "below s3://tiny-capture-111122223333-use1/tiny-prod-7/",
    }
    monkeypatch.setenv("USER_HOOK", "tiny-post-traffic-hook")
    captured(rows, "somebody", datetime.now(UTC) + timedelta(seconds=5))
    assert isinstance(told := post_traffic.handler(dict(events.HOOK), _Context(left=0)), dict)
    assert told["status"] == "Succeeded"
    expect("post-traffic", account.calls)


class _Context:
    """left: milliseconds."""

    def __init__(self, left: int = 100_000) -> None:
        self._left = left

    def get_remaining_time_in_millis(self) -> int:
        return self._left


def test_captures_of_an_earlier_life_of_the_endpoint_prove_nothing(account: Account, rows: Storage) -> None:
    lambdas(account, good)
    now = datetime.now(UTC)
    captured(rows, "somebody-else", now.replace(year=now.year - 1))
    left = iter([100.0, 50.0, 0.0])
    with pytest.raises(HookCheckFailed, match="nothing of it was captured"):
        post_traffic.check(lambda: next(left), lambda _: None)


# Monitoring


def analysis(account: Account, status: str = "Completed", **more: str) -> None:
    output = {"OutputName": "result", "S3Output": {"S3Uri": events.REPORT, "LocalPath": "/opt/ml/o"}}
    account.serves["sagemaker.DescribeProcessingJob"] = lambda asked: {
        "ProcessingJobName": asked["ProcessingJobName"],
        "ProcessingJobStatus": status,
        "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:processing-job/x",
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "AppSpecification": {"ImageUri": events.IMAGE},
        "CreationTime": datetime(2026, 3, 1, tzinfo=UTC),
        "ProcessingOutputConfig": {
            "Outputs": [output | {"S3Output": output["S3Output"] | {"S3UploadMode": "EndOfJob"}}]
        },
        **more,
    }
    account.serves["sns.Publish"] = lambda _: {"MessageId": "1"}


def drift(feature: str, distance: float) -> dict[str, str]:
    text = f"Baseline drift distance: {distance} exceeds threshold: 0.1"
    return {"feature_name": feature, "constraint_check_type": "baseline_drift_check", "description": text}


def test_people_hear_which_features_drifted_worst_first(account: Account, storage: Storage) -> None:
    analysis(account)
    missing = {"feature_name": "c", "constraint_check_type": "completeness_check", "description": "half is there"}
    found = {"violations": [drift("a", 0.2), missing, drift("b", 0.7)]}
    storage.put(events.ARTIFACTS, f"{REPORT}/constraint_violations.json", json.dumps(found))
    answer = query_drift.handler(dict(events.STATE_CHANGE), None)
    assert isinstance(answer, dict)
    assert (answer["Drifted"], answer["Violations"]) == (["b", "a"], 3)
    (mail,) = account.called("sns.Publish")
    assert mail["Subject"] == "tiny: b, a drifted"
    assert mail["MessageAttributes"]["kind"]["StringValue"] == "drift"
    assert "drift: b 0.7 (threshold 0.1), a 0.2 (threshold 0.1); 1 other violation: c (completeness)" in mail["Message"]
    expect("query-drift", account.calls)


def test_what_the_hour_before_was_told_of_is_not_told_again(account: Account, storage: Storage) -> None:
    analysis(account)
    storage.put(events.ARTIFACTS, f"{REPORT}/constraint_violations.json", json.dumps({"violations": [drift("a", 0.2)]}))
    before = f"{REPORT.removesuffix('09')}08/constraint_violations.json"
    storage.put(events.ARTIFACTS, before, json.dumps({"violations": [drift("a", 0.4)]}))
    answer = query_drift.handler(dict(events.STATE_CHANGE), None)
    assert isinstance(answer, dict)
    assert answer["Drifted"] == ["a"]
    assert not account.called("sns.Publish")
    storage.put(events.ARTIFACTS, before, json.dumps({"violations": [drift("b", 0.4)]}))
    query_drift.handler(dict(events.STATE_CHANGE), None)
    assert len(account.called("sns.Publish")) == 1


def test_quiet_is_not_told_and_a_dead_monitor_is(account: Account, storage: Storage) -> None:
    analysis(account)
    storage.put(events.ARTIFACTS, f"{REPORT}/constraint_violations.json", '{"violations": []}')
    query_drift.handler({"ProcessingJobName": "tiny-1"}, None)
    assert not account.called("sns.Publish")
    analysis(account, "Failed", FailureReason="out of memory")
    query_drift.handler({"ProcessingJobName": "tiny-1"}, None)
    (mail,) = account.called("sns.Publish")
    assert mail["Message"] == "the analysis tiny-1 is Failed: out of memory"


def test_an_analysis_without_its_file_is_an_error(account: Account, storage: Storage) -> None:
    analysis(account)
    with pytest.raises(FileNotFoundError, match="nothing was checked"):
        query_drift.handler({"ProcessingJobName": "tiny-1"}, None)


def test_transformed_rows_get_their_header(account: Account, storage: Storage) -> None:
    storage.put(events.ARTIFACTS, "transform/part-1.csv.out", "1,2\n3,4\n")
    event = {
        "S3Uri": f"s3://{events.ARTIFACTS}/transform",
        "Header": ["target", "with, comma"],
        "OutputS3Uri": f"s3://{events.ARTIFACTS}/headed/",
    }
    answer = add_transform_header.handler(event, None)
    assert answer == {"Objects": [f"s3://{events.ARTIFACTS}/headed/part-1.csv"]}
    assert storage.text(events.ARTIFACTS, "headed/part-1.csv") == 'target,"with, comma"\n1,2\n3,4\n'
    batch = f"s3://{events.ARTIFACTS}/batches/tiny-batch-1"
    record = {"Header": ["sum"], "Raw": f"{batch}/raw/", "Output": f"{batch}/output/"}
    storage.put(events.ARTIFACTS, "batches/tiny-batch-1/request.json", json.dumps(record))
    storage.put(events.ARTIFACTS, "batches/tiny-batch-1/raw/deep/rows.csv.out", "3\n")
    assert add_transform_header.handler(events.TRANSFORMED, None) == {"Objects": [f"{batch}/output/deep/rows.csv"]}
    storage.put(events.ARTIFACTS, "batches/tiny-batch-1/request.json", json.dumps(record | {"Header": []}))
    assert add_transform_header.handler(events.TRANSFORMED, None) == {"Objects": []}
    expect("add-transform-header", account.calls)
