"""What only AWS says, does and cannot do, on an account in memory."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

import tiny
from aws.account import Refusal
from aws.analyzing import Analyzing
from aws.cloud import ARTIFACTS, Cloud, inside, outside, public_api
from aws.recording import expect
from shipway.cli import bootstrap
from shipway.domain.approval import ApprovalStatus, Decision
from shipway.domain.batch import BatchRequest
from shipway.domain.deployment import DeploymentFinished
from shipway.domain.drift import Analysis, analysis_document
from shipway.domain.monitor import NothingToAnalyse
from shipway.domain.pipeline import Cause, CauseKind, ExecutionStatus, StageStatus
from shipway.domain.release import ReleaseAlreadyLive
from shipway.domain.values import canonical
from shipway.targets.aws.errors import AwsRefused, CredentialsMissing, NotApplied, NotOnAws, PermissionMissing
from shipway.targets.aws.monitor import Reports
from shipway.targets.aws.rollback import RollbackImpossible
from shipway.targets.aws.target import AwsTarget, aws_target
from waiting import until

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ADA = Decision(approve=True, by="ada", comment="looks right: yes")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    made.fake.up()
    with public_api(made):
        yield made


@pytest.fixture
def target(cloud: Cloud, tmp_path: Path) -> AwsTarget:
    project = tiny.write(tmp_path / "tiny", data={"bucket": "tiny-data"})
    return aws_target(project, cloud.session(), lambda: cloud.fake.now)


def until_asked(target: AwsTarget) -> str:
    """Start a run and return its id once a person has to decide."""
    run = target.start(Cause(by="ada"))
    until(lambda: StageStatus.WAITING in {stage.status for stage in target.execution(run.id).stages})
    return run.id


def released(target: AwsTarget) -> str:
    run = until_asked(target)
    target.decide(run, ADA)
    until(lambda: target.execution(run).status.final)
    return run


def test_the_calls_of_the_target_are_those_on_record(
    target: AwsTarget, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reports, "pause", staticmethod(lambda _: None))
    Analyzing(cloud)
    cloud.serves["codepipeline.RollbackStage"] = lambda _: {"pipelineExecutionId": outside("tiny-1")}
    assert target.doctor() == []
    first = released(target)
    second = released(target)
    target.put(str(tmp_path / "tiny" / "data"), "")
    target.objects()
    target.build()
    assert target.invoke(b"1\n", content_type="text/csv").status == 200
    assert target.create_key("app") != target.create_key("other")
    target.inspect.remove_key(target.inspect.keys()[0].id, by="ada")
    target.rollback(1, by="ada")
    assert [each.number for each in target.releases()] == [2, 1]
    assert target.release_at(cloud.fake.now).number == 2
    trace = target.trace("0f3c-r2")
    assert (trace.release.approved_by, trace.approval and trace.approval.comment) == ("ada", "looks right: yes")
    list(target.logs(target.jobs()[0].name))
    assert target.event_log(second)
    assert [each.enabled for each in target.triggers.list()] == [True] * 4
    assert target.alarms.disable("errors", by="ada").enabled is not target.alarms.enable("errors", by="ada").enabled
    assert target.alarms.changes()
    cloud.watching.put("AWS/ApiGateway", "Count", {"ApiName": "tiny-api"}, [(cloud.fake.now, 1.0)])
    assert [each.name for each in target.metrics.list()] == ["Invocations"]
    assert target.scaling.state()
    assert target.scaling.activities() == []
    begun = target.batches.start(BatchRequest(input="", header=True), by="ada")
    assert target.batches.stop(begun.name, by="ada").name == target.batches.list()[0].name
    assert target.notices.test(by="ada").notice == target.notices.list(1)[0].notice
    assert target.captures.files()
    assert target.captures.find("a-1")
    for stage in ("Build", "Train"):
        target.stop(until_before(target, cloud, stage), by="ada", reason="")
    third = until_asked(target)
    target.stop(third, by="ada", reason="enough")
    target.retry(third, by="ada")
    with pytest.raises(DeploymentFinished):
        target.abort("latest", by="ada")
    assert target.health().live == 2
    assert target.audit()[0].action == "start"
    assert target.monitor.analyse(by="ada").run.release == 2
    assert first != second
    expect("target", cloud.calls)


def test_a_start_takes_the_files_as_they_are_now(target: AwsTarget, cloud: Cloud) -> None:
    target.start(Cause(by="ada", reason=""))
    (asked,) = cloud.called("codepipeline.StartPipelineExecution")
    assert asked["sourceRevisions"] == [
        {"actionName": "Source", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": "1"}
    ]
    assert {each["name"]: each["value"] for each in asked["variables"]}["CauseReason"] == "-"
    assert cloud.storage.keys(ARTIFACTS) == ["audit/tiny/999999999.json", "source/tiny.zip"]


def test_nothing_is_started_before_the_stacks_are_there(target: AwsTarget, cloud: Cloud) -> None:
    cloud.fake.down()
    with pytest.raises(NotApplied, match="tiny is not on AWS yet"):
        target.start(Cause())
    assert not target.health().running
    assert any("shipway apply" in fault.remedy for fault in target.doctor())


def until_before(target: AwsTarget, cloud: Cloud, stage: str) -> str:
    """Start a run and return its id once a stage of it is next: the look that a stop begins with sets it to work."""
    run = target.start(Cause(by="ada"))
    while next(each.name for each in cloud.fake.runs[inside(run.id)].stages if each.ended is None) != stage:
        cloud.fake.advance()
    return run.id


def test_a_stop_ends_what_the_run_has_started(target: AwsTarget, cloud: Cloud) -> None:
    run = until_before(target, cloud, "Train")
    target.stop(run, by="ada", reason="wrong data")
    (asked,) = cloud.called("codepipeline.StopPipelineExecution")
    assert asked["abandon"] is False
    (ended,) = cloud.called("stepfunctions.StopExecution")
    assert (ended["executionArn"].rpartition(":")[2], ended["cause"]) == (inside(run), "stopped by ada: wrong data")


def test_what_has_ended_by_itself_meanwhile_is_stopped_too(target: AwsTarget, cloud: Cloud) -> None:
    def refuse(code: str) -> Any:
        def refusing(_: dict[str, Any]) -> None:
            raise Refusal(code)

        return refusing

    cloud.serves["codebuild.StopBuild"] = refuse("ResourceNotFoundException")
    run = until_before(target, cloud, "Build")
    target.stop(run, by="ada", reason="")
    assert target.execution(run).status is ExecutionStatus.STOPPED
    assert cloud.called("codebuild.StopBuild") == [{"id": f"tiny-build:{run}"}]
    cloud.serves["codebuild.StopBuild"] = refuse("AccessDeniedException")
    with pytest.raises(PermissionMissing):
        target.stop(until_before(target, cloud, "Build"), by="ada", reason="")


def test_a_question_is_dropped_when_its_run_is_stopped(target: AwsTarget, cloud: Cloud) -> None:
    target.stop(until_asked(target), by="ada", reason="")
    (asked,) = cloud.called("codepipeline.StopPipelineExecution")
    assert asked["abandon"] is True
    assert cloud.called("stepfunctions.StopExecution") == []


def moving(target: AwsTarget, cloud: Cloud) -> str:
    """Bring a second release so far that callers share two versions; return its run."""
    released(target)
    cloud.fake.holds = True
    run = until_asked(target)
    target.decide(run, ADA)
    until(lambda: target.execution(run) and len(target.deployments()) == 2)
    return run


@pytest.mark.parametrize("order", ["promote", "pause", "resume", "hold", "extend"])
def test_what_codedeploy_cannot_do_is_said_with_what_to_do_instead(target: AwsTarget, cloud: Cloud, order: str) -> None:
    moving(target, cloud)
    steer = {
        "promote": target.promote,
        "pause": target.pause,
        "resume": target.resume,
        "hold": target.hold,
        "extend": target.extend,
    }[order]
    with pytest.raises(NotOnAws, match=f"{order} deployment d-deployment-2") as said:
        steer("latest", by="ada")
    assert "shipway abort d-deployment-2" in said.value.remedy


def test_an_abort_sends_all_traffic_back_and_can_be_repeated(target: AwsTarget, cloud: Cloud) -> None:
    moving(target, cloud)
    for _ in range(2):
        target.abort("latest", by="ada")
    (stopped,) = cloud.called("codedeploy.StopDeployment")
    assert stopped["autoRollbackEnabled"] is True
    assert target.deployments()[0].phase == "rolled_back"


def test_a_rollback_while_a_release_moves_in_stops_it(target: AwsTarget, cloud: Cloud) -> None:
    run = moving(target, cloud)
    back = target.rollback(by="ada")
    assert (back.id, back.status) == (run, ExecutionStatus.FAILED)
    assert not cloud.called("codepipeline.RollbackStage")


def test_a_pipeline_that_has_changed_since_cannot_do_the_stage_again(target: AwsTarget, cloud: Cloud) -> None:
    def refuse(_: dict[str, Any]) -> None:
        raise Refusal("UnableToRollbackStageException", "the pipeline structure has changed")

    released(target)
    released(target)
    cloud.serves["codepipeline.RollbackStage"] = refuse
    with pytest.raises(RollbackImpossible, match="structure has changed"):
        target.rollback(by="ada")
    with pytest.raises(ReleaseAlreadyLive):
        target.rollback(2, by="ada")


def test_an_approval_elsewhere_is_told_as_aws_tells_it(target: AwsTarget, cloud: Cloud) -> None:
    run = until_asked(target)
    cloud.fake.decide(inside(run), Decision(approve=False, by="AWSReservedSSO_Admin/bob", comment=""))
    said = target.approval(run)
    assert said.status is ApprovalStatus.REJECTED


def test_what_aws_refuses_is_a_sentence(target: AwsTarget, cloud: Cloud) -> None:
    def refuse(code: str, message: str) -> Any:
        def refusing(_: dict[str, Any]) -> None:
            raise Refusal(code, message)

        return refusing

    cloud.serves["codepipeline.ListPipelineExecutions"] = refuse("AccessDeniedException", "no codepipeline:List")
    with pytest.raises(PermissionMissing, match="does not allow ListPipelineExecutions"):
        target.executions()
    cloud.serves["codepipeline.ListPipelineExecutions"] = refuse("LimitExceededException", "too many")
    with pytest.raises(AwsRefused, match="too many"):
        target.executions()
    cloud.serves["codepipeline.ListPipelineExecutions"] = refuse("ExpiredTokenException", "expired")
    with pytest.raises(CredentialsMissing):
        target.executions()


def test_without_credentials_people_are_told_how_to_sign_in(tmp_path: Path) -> None:
    project = tiny.write(tmp_path / "tiny")
    nobody = aws_target(project, boto3.Session(region_name="us-east-1"))
    with pytest.raises(CredentialsMissing, match="does not know who asks") as said:
        nobody.executions()
    assert "AWS_PROFILE" in said.value.remedy
    (fault,) = nobody.doctor()
    assert "who asks" in fault.what


@pytest.mark.parametrize(
    "ask",
    [
        lambda target: target.batches.list(),
        lambda target: target.captures.counts(),
        lambda target: list(target.captures.records(LONG_AGO, LONG_AGO)),
        lambda target: target.quality.windows(),
        lambda target: target.monitor.runs(),
        lambda target: target.triggers.list(),
        lambda target: target.alarms.changes(),
        lambda target: target.metrics.list(),
        lambda target: target.scaling.state(),
        lambda target: target.inspect.keys(),
        lambda target: target.audit(),
    ],
)
def test_nobody_meets_an_exception_of_boto3_at_any_port(tmp_path: Path, ask: Callable[[AwsTarget], object]) -> None:
    nobody = aws_target(tiny.write(tmp_path / "tiny"), boto3.Session(region_name="us-east-1"))
    with pytest.raises(CredentialsMissing):
        ask(nobody)


def test_without_boto3_the_missing_part_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tiny.write(tmp_path / "tiny")
    for name in [name for name in sys.modules if name.startswith("shipway.targets.aws")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(bootstrap.PartMissing, match="boto3") as said:
        bootstrap.target("aws", project)
    assert said.value.remedy == "install it: pip install 'shipway[aws]'"


def test_the_newest_hours_analysis_is_told(target: AwsTarget, cloud: Cloud) -> None:
    with pytest.raises(NothingToAnalyse):
        target.monitor.latest()
    analysis = Analysis(
        start="2026-03-01T09:00:00Z",
        end="2026-03-01T10:00:00Z",
        mode="exact",
        budget=0.1,
        alpha=0.001,
        constant=1.0,
        baseline_rows=500,
        baseline_digest="sha256:b",
        features=(),
        violations=[{"feature_name": "x", "constraint_check_type": "missing_column_check", "description": "gone"}],
        records={"window_rows": 40},
    )
    for place in ("tiny-prod-1/2026/03/01/08", "tiny-prod-2/2026/03/01/09", "tinyother-prod-9/2026/03/01/10"):
        text = canonical(analysis_document(analysis))
        cloud.storage.put(ARTIFACTS, f"monitor/{place}/analysis.json", text)
        cloud.storage.put(ARTIFACTS, f"monitor/{place}/statistics.json", "{}")
    found = target.monitor.latest()
    assert found.analysis is not None
    assert (found.run.release, found.run.status, found.run.verdict) == (2, "completed_with_violations", "fail")
    assert found.run.results == f"s3://{ARTIFACTS}/monitor/tiny-prod-2/2026/03/01/09"
    assert [each.endpoint for each in target.monitor.runs()] == ["tiny-prod-2", "tiny-prod-1"]


def test_what_started_a_run_is_known_also_when_aws_did(target: AwsTarget, cloud: Cloud) -> None:
    cloud.fake.start(Cause(kind=CauseKind.DRIFT, by="", reason="score drifted"))
    assert target.execution("latest").cause == Cause(kind=CauseKind.DRIFT, by="ada", reason="score drifted")
