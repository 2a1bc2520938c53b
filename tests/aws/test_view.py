"""CodePipeline's documents as the values that people see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shipway.domain.deployment import Phase
from shipway.domain.pipeline import Cause, CauseKind, StageStatus
from shipway.domain.project import Project
from shipway.targets.aws import view
from shipway.targets.aws.deployment import phase, sentence, weights

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
PROJECT = Project(name="tiny")


def action(stage: str, status: str, minute: int, *, name: str = "", **result: Any) -> dict[str, Any]:
    return {
        "pipelineExecutionId": "1",
        "stageName": stage,
        "actionName": name or stage,
        "startTime": BEGIN + timedelta(minutes=minute),
        "lastUpdateTime": BEGIN + timedelta(minutes=minute + 1),
        "status": status,
        "output": {"executionResult": result},
    }


@pytest.mark.parametrize(
    ("execution", "trigger", "expected"),
    [
        ({}, {"triggerType": "CloudWatchEvent"}, Cause(kind=CauseKind.SOURCE)),
        ({}, {"triggerType": "StartPipelineExecution", "triggerDetail": "arn:aws:iam::1:user/ada"}, Cause(by="ada")),
        ({"executionType": "ROLLBACK"}, {"triggerType": "ManualRollback"}, Cause(kind=CauseKind.ROLLBACK)),
        (
            {"variables": [{"name": "CauseKind", "resolvedValue": "drift"}, {"name": "CauseBy", "resolvedValue": "-"}]},
            {"triggerType": "CloudWatchEvent"},
            Cause(kind=CauseKind.DRIFT),
        ),
        (
            {"variables": [{"name": "CauseKind", "resolvedValue": "nonsense"}]},
            {"triggerType": "StartPipelineExecution"},
            Cause(kind=CauseKind.MANUAL),
        ),
    ],
)
def test_what_started_an_execution(execution: dict[str, Any], trigger: dict[str, Any], expected: Cause) -> None:
    assert view.cause(execution, trigger) == expected


def test_a_stage_stands_as_the_worst_of_its_actions_last_attempts() -> None:
    actions = [
        action("Source", "Succeeded", 0),
        action("Build", "Failed", 1),
        action("Build", "Succeeded", 3),
        action("Train", "Succeeded", 5),
        action("Train", "InProgress", 6, name="CreateRelease"),
    ]
    found = {each.name: each for each in view.stages(PROJECT, actions, lambda _: ())}
    assert (found["Build"].status, found["Build"].attempt) == (StageStatus.SUCCEEDED, 2)
    assert (found["Train"].status, found["Train"].ended) == (StageStatus.RUNNING, None)
    assert found["DeployProd"].status is StageStatus.PENDING


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        (
            action("Train", "Failed", 1, errorDetails={"code": "JobFailed", "message": '{"Cause": "no signal"}'}),
            ("JobFailed", "Train: no signal"),
        ),
        (
            action("Approval", "Failed", 1, name="Approval1", externalExecutionSummary="bob: not this one"),
            ("ApprovalRejected", "Approval1: bob: not this one"),
        ),
        (
            action("Approval", "Failed", 1, errorDetails={"code": "X", "message": "Approval has expired"}),
            ("ApprovalExpired", "Approval: Approval has expired"),
        ),
        (action("DeployDev", "Failed", 1), ("DeployDevFailed", "DeployDev: no reason given")),
    ],
)
def test_why_an_execution_failed(failed: dict[str, Any], expected: tuple[str, str]) -> None:
    assert view.failure([action("Source", "Succeeded", 0), failed]) == expected


def events(**states: str) -> list[dict[str, Any]]:
    return [{"lifecycleEventName": name, "status": status} for name, status in states.items()]


@pytest.mark.parametrize(
    ("status", "seen", "expected"),
    [
        ("Created", [], Phase.PREPARING),
        ("InProgress", events(BeforeAllowTraffic="InProgress", AllowTraffic="Pending"), Phase.PRE_TRAFFIC),
        ("InProgress", events(BeforeAllowTraffic="Succeeded", AllowTraffic="InProgress"), Phase.BAKING),
        ("InProgress", events(AllowTraffic="Succeeded", AfterAllowTraffic="InProgress"), Phase.POST_TRAFFIC),
        ("Succeeded", [], Phase.SUCCEEDED),
        ("Failed", [], Phase.ROLLED_BACK),
        ("Stopped", [], Phase.ROLLED_BACK),
    ],
)
def test_where_a_deployment_is(status: str, seen: list[dict[str, Any]], expected: Phase) -> None:
    assert phase(status, seen) is expected


def test_who_gets_the_requests() -> None:
    assert weights("InProgress", (3, 4), 10.0) == {"3": 90, "4": 10}
    assert weights("InProgress", (3, 4), 0.0) == {"3": 100}
    assert weights("Succeeded", (3, 4), 100.0) == {"4": 100}
    assert weights("Stopped", (3, 4), 10.0) == {"3": 100}


def test_a_deployment_says_which_hook_or_alarm_sent_it_back() -> None:
    failed = events(BeforeAllowTraffic="Failed") + events(AllowTraffic="Skipped")
    failed[0]["diagnostics"] = {"message": "the hook function failed"}
    assert sentence({"status": "Failed"}, failed) == "BeforeAllowTraffic failed: the hook function failed"
    alarm = {"status": "Failed", "errorInformation": {"code": "ALARM_ACTIVE", "message": "tiny-errors fired"}}
    assert sentence(alarm, []) == "ALARM_ACTIVE: tiny-errors fired"
