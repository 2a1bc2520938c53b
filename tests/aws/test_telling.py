"""People hear how runs go and that alarms are over, in the words that this machine uses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aws import function_events as events
from aws.account import NUMBER, REGION, Account
from aws.recording import expect
from shipway.targets.aws.functions import tell_people
from shipway.targets.aws.functions.telling import plain

RUN = "0f3c2e6a-9d0b-4f5c-8a21-6b7d1c2e3f40"
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
TOPIC = f"arn:aws:sns:{REGION}:{NUMBER}:tiny-notices"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    monkeypatch.setenv("PROJECT", "tiny")
    monkeypatch.setenv("TOPIC_ARN", TOPIC)
    monkeypatch.setenv("APPROVAL_MINUTES", str(7 * 24 * 60))
    monkeypatch.setenv("WARN_MINUTES", str(24 * 60))
    account.serves["sns.Publish"] = lambda _: {"MessageId": "1"}


def change(state: str) -> dict[str, Any]:
    """Return CodePipeline's event about a run."""
    return {
        "source": "aws.codepipeline",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "detail": {"pipeline": "tiny-pipeline", "execution-id": RUN, "state": state, "version": 3.0},
    }


def action(stage: str, status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    provider = more.pop("provider", "Lambda")
    return {
        "pipelineExecutionId": RUN,
        "actionExecutionId": f"{stage}-1",
        "stageName": stage,
        "actionName": stage,
        "startTime": AT,
        "lastUpdateTime": AT,
        "status": status,
        "input": {"actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": provider, "version": "1"}},
        "output": more,
    }


def run(account: Account, *actions: dict[str, Any], kind: str = "drift", reason: str = "alarm tiny-drift") -> None:
    """Serve one run with its actions."""
    said = {"CauseKind": kind, "CauseBy": "EventBridge", "CauseReason": reason}
    execution = {
        "pipelineExecutionId": RUN,
        "pipelineName": "tiny-pipeline",
        "variables": [{"name": name, "resolvedValue": value} for name, value in said.items()],
    }
    account.serves["codepipeline.GetPipelineExecution"] = lambda _: {"pipelineExecution": execution}
    account.serves["codepipeline.ListActionExecutions"] = lambda _: {"actionExecutionDetails": [*actions]}


def told(account: Account, event: dict[str, Any]) -> tuple[str, str, str]:
    """Return the kind, the subject and the text of what was published."""
    tell_people.handler(event, None)
    (sent,) = account.called("sns.Publish")
    return sent["MessageAttributes"]["kind"]["StringValue"], sent["Subject"], sent["Message"]


RELEASE = action("Release", outputVariables={"Release": "7"})


@pytest.mark.parametrize(("kind", "tells"), [("drift", True), ("schedule", True), ("data", True), ("manual", False)])
def test_a_run_that_nobody_started_is_told(account: Account, kind: str, tells: bool) -> None:
    run(account, kind=kind)
    assert bool(tell_people.handler(change("STARTED"), None) == {"Told": "retraining_started"}) is tells
    assert len(account.called("sns.Publish")) == tells


def test_a_release_that_is_live_is_told(account: Account) -> None:
    run(account, RELEASE)
    kind, subject, text = told(account, change("SUCCEEDED"))
    assert (kind, subject) == ("deployment_succeeded", "tiny: release 7 is live")
    assert text == "started by EventBridge: alarm tiny-drift"


def test_a_release_that_went_back_is_told_with_what_codedeploy_said(account: Account) -> None:
    failed = action(
        "DeployProd", "Failed", executionResult={"externalExecutionSummary": "one or more alarms have fired"}
    )
    run(account, RELEASE, failed)
    kind, subject, text = told(account, change("FAILED"))
    assert (kind, subject) == ("deployment_rolled_back", "tiny: release 7 went back")
    assert "one or more alarms have fired" in text


def test_a_release_that_could_not_be_brought_back_is_told(account: Account) -> None:
    run(account, RELEASE, action("DeployProd", "Failed"), kind="rollback", reason="to release 7")
    assert told(account, change("FAILED"))[:2] == ("rollback_failed", "tiny: release 7 could not be brought back")


@pytest.mark.parametrize(
    ("kind", "error", "notice"),
    [
        ("drift", "GateRefused", "retraining_refused"),
        ("manual", "GateRefused", "execution_failed"),
        ("drift", "States.TaskFailed", "execution_failed"),
    ],
)
def test_a_model_that_the_gate_refused_is_told_with_the_comparison(
    account: Account, kind: str, error: str, notice: str
) -> None:
    trained = action("Train", "Failed", provider="StepFunctions", executionResult={"externalExecutionId": EXECUTION})
    run(account, trained, kind=kind)
    account.serves["stepfunctions.DescribeExecution"] = lambda _: {
        "executionArn": EXECUTION,
        "stateMachineArn": EXECUTION.replace("execution", "stateMachine").rpartition(":")[0],
        "startDate": AT,
        "status": "FAILED",
        "error": error,
        "cause": "roc_auc 0.6 is worse than release 3's 0.7",
    }
    found = told(account, change("FAILED"))
    assert found[0] == notice
    assert "roc_auc 0.6 is worse than release 3's 0.7" in found[2]
    if notice == "retraining_refused":
        asking(account)
        tell_people.handler(hour(AT + timedelta(days=6)), None)
        expect("tell-people", account.calls)


EXECUTION = events.EXECUTION


def asking(account: Account, status: str = "InProgress") -> None:
    """Let the pipeline wait for an answer since AT."""
    latest = {"status": status, "lastStatusChange": AT, "token": "12345678-1234-4234-8234-123456789012"}
    stage = {
        "stageName": "Approval",
        "latestExecution": {"pipelineExecutionId": RUN, "status": "InProgress"},
        "actionStates": [{"actionName": "Approval1", "latestExecution": latest}],
    }
    source = {"stageName": "Source", "actionStates": [{"actionName": "Files"}]}
    account.serves["codepipeline.GetPipelineState"] = lambda _: {"stageStates": [source, stage]}


def hour(at: datetime) -> dict[str, Any]:
    """Return what EventBridge sends each hour."""
    return {"source": "aws.events", "detail-type": "Scheduled Event", "time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "detail": {}}


def test_people_are_reminded_once_before_a_question_expires(account: Account) -> None:
    run(account, RELEASE)
    asking(account)
    first = AT + timedelta(minutes=17)
    told_at = [
        at
        for at in (first + timedelta(hours=number) for number in range(7 * 24))
        if tell_people.handler(hour(at), None) == {"Told": "approval_expiring"}
    ]
    assert told_at == [AT + timedelta(days=6, minutes=17)]
    (sent,) = account.called("sns.Publish")
    assert sent["Subject"] == "tiny: the approval of release 7 expires in 23h"


def test_an_answered_question_needs_no_reminder(account: Account) -> None:
    asking(account, "Succeeded")
    assert tell_people.handler(hour(AT + timedelta(days=6)), None) == {"Told": ""}


def test_an_alarm_that_is_over_is_told(account: Account) -> None:
    event = {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "detail": {
            "alarmName": "tiny-slow",
            "configuration": {"description": "Answers take long"},
            "state": {"value": "OK", "reason": "no datapoint above 250", "timestamp": "2026-03-01T10:00:00.000+0000"},
            "previousState": {"value": "ALARM"},
        },
    }
    kind, subject, text = told(account, event)
    assert (kind, subject) == ("alarm_cleared", "tiny: alarm slow is over")
    assert text.splitlines()[:2] == ["Answers take long", "no datapoint above 250"]


def test_a_subject_is_as_sns_takes_it() -> None:
    assert plain("a\n b " + "x" * 200) == "a b " + "x" * 96
    assert plain("Präzision") == "Pr?zision"
