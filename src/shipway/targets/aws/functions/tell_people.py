"""Tells people how a run of the pipeline goes, and that an alarm is over. EventBridge calls it at each change."""

from collections.abc import Mapping, Sequence
from typing import Any

from shipway.domain import notice_words
from shipway.domain.notice_words import Told
from shipway.domain.pipeline import Cause, CauseKind
from shipway.domain.values import Json
from shipway.domain.workflow import GATE_REFUSED
from shipway.targets.aws import stacks, view
from shipway.targets.aws.functions.catalogue import PROJECT
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.functions.telling import tell

ALARM = "CloudWatch Alarm State Change"
PRODUCTION = "DeployProd"  # the stage in which a release goes live or back
BY_PEOPLE = (CauseKind.MANUAL, CauseKind.ROLLBACK)
Document = Mapping[str, Any]


def handler(event: dict[str, Any], _context: object) -> Json:
    """Answer an event with the kind of notice that was told, "" where nobody needs to hear of it."""
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


def _run(detail: Document) -> Told | None:
    pipeline, execution = detail["pipeline"], detail["execution-id"]
    client_of = client("codepipeline")
    found = client_of.get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=execution)["pipelineExecution"]
    cause = view.cause(found, found.get("trigger", {}))
    if detail["state"] == "STARTED":
        started = notice_words.started(setting(PROJECT), execution, _why(cause))
        return None if cause.kind in BY_PEOPLE else started
    pages = client_of.get_paginator("list_action_executions").paginate(
        pipelineName=pipeline, filter={"pipelineExecutionId": execution}
    )
    actions = [action for page in pages for action in page["actionExecutionDetails"]]
    return _ended(execution, cause, actions, succeeded=detail["state"] == "SUCCEEDED")


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
