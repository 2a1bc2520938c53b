"""Tells people how a run goes, that an alarm is over, and that a question is about to expire.

EventBridge calls it at each change, and each hour.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shipway.domain import names, notice_words
from shipway.domain.notice_words import Told
from shipway.domain.pipeline import APPROVAL, Cause, CauseKind
from shipway.domain.units import format_duration
from shipway.domain.values import Json
from shipway.domain.workflow import GATE_REFUSED
from shipway.targets.aws import stacks, view
from shipway.targets.aws.functions.catalogue import APPROVAL_MINUTES, PROJECT, WARN_MINUTES
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.functions.telling import tell

ALARM = "CloudWatch Alarm State Change"
EACH_HOUR = "Scheduled Event"
HOUR = timedelta(hours=1)
PRODUCTION = "DeployProd"  # the stage in which a release goes live or back
BY_PEOPLE = (CauseKind.MANUAL, CauseKind.ROLLBACK)
Document = Mapping[str, Any]


def handler(event: dict[str, Any], _context: object) -> Json:
    """Answer an event with the kind of notice that was told, "" where nobody needs to hear of it."""
    if event["detail-type"] == EACH_HOUR:
        told = _reminder(datetime.fromisoformat(event["time"]))
    else:
        told = _alarm(event["detail"]) if event["detail-type"] == ALARM else _run(event["detail"])
    if told is not None:
        tell(told)
    return {"Told": told.kind.value if told else ""}


def _alarm(detail: Document) -> Told:
    project, state, before = setting(PROJECT), detail["state"], detail["previousState"]
    name = str(detail["alarmName"]).removeprefix(f"{project}-")
    lines = [
        detail.get("configuration", {}).get("description", ""),
        state.get("reason", ""),
        "",
        f"since {state.get('timestamp', '')}, before it was {before.get('value', '')}",
    ]
    return notice_words.alarm(project, name, raised=state["value"] == "ALARM", body="\n".join(lines).strip())


def _reminder(now: datetime) -> Told | None:
    """Return a reminder of a question that has come into its last time within the hour; each is reminded of once."""
    waits, warned = (timedelta(minutes=int(setting(each))) for each in (APPROVAL_MINUTES, WARN_MINUTES))
    pipeline = names.pipeline(setting(PROJECT))
    stages = client("codepipeline").get_pipeline_state(name=pipeline)["stageStates"]
    for stage in (each for each in stages if each["stageName"] == APPROVAL):
        for action in stage.get("actionStates", ()):
            latest = action.get("latestExecution", {})
            if latest.get("status") != "InProgress":
                continue
            expires = latest["lastStatusChange"] + waits
            if timedelta(0) <= now - (expires - warned) < HOUR:
                release = _release(stage["latestExecution"]["pipelineExecutionId"])
                return notice_words.expiring(setting(PROJECT), release, format_duration(_whole(expires - now)))
    return None


def _whole(left: timedelta) -> timedelta:
    """Return whole hours, or whole minutes where less is left."""
    return left - left % (HOUR if left >= HOUR else timedelta(minutes=1))


def _release(execution: str) -> str:
    return view.variable(_actions(execution), stacks.RELEASE) or f"of execution {execution}"


def _actions(execution: str) -> list[Document]:
    pages = (
        client("codepipeline")
        .get_paginator("list_action_executions")
        .paginate(pipelineName=names.pipeline(setting(PROJECT)), filter={"pipelineExecutionId": execution})
    )
    return [action for page in pages for action in page["actionExecutionDetails"]]


def _run(detail: Document) -> Told | None:
    pipeline, execution = detail["pipeline"], detail["execution-id"]
    told = client("codepipeline").get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=execution)
    found = told["pipelineExecution"]
    cause = view.cause(found, found.get("trigger", {}))
    if detail["state"] == "STARTED":
        started = notice_words.started(setting(PROJECT), execution, _why(cause))
        return None if cause.kind in BY_PEOPLE else started
    return _ended(execution, cause, _actions(execution), succeeded=detail["state"] == "SUCCEEDED")


def _ended(execution: str, cause: Cause, actions: Sequence[Document], *, succeeded: bool) -> Told:
    project, again = setting(PROJECT), cause.kind is CauseKind.ROLLBACK
    release = view.variable(actions, stacks.RELEASE) or f"of execution {execution}"
    if succeeded:
        return notice_words.deployed(project, release, _why(cause), succeeded=True, again=again)
    error, why = view.failure(actions)
    last = next((each for each in reversed(view.newest(actions)) if each["status"] == "Failed"), {})
    if last.get("stageName") == PRODUCTION:
        return notice_words.deployed(project, release, why, succeeded=False, again=again)
    arn = view.workflow_of(last) if last else ""
    if arn:
        told = client("stepfunctions").describe_execution(executionArn=arn)
        error, why = told.get("error") or error, told.get("cause") or why
    if error == GATE_REFUSED and cause.kind not in BY_PEOPLE:
        return notice_words.refused(project, execution, why, _why(cause))
    return notice_words.failed(project, execution, error or "Failed", why or "no action has failed")


def _why(cause: Cause) -> str:
    """Return what started a run, in words."""
    by = f" by {cause.by}" if cause.by else ""
    return f"started{by}: {cause.reason or cause.kind.value}"
