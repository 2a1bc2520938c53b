"""CodePipeline's documents as executions that people see. Pure: from what the service told to values of the domain."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from shipway.domain import pipeline
from shipway.domain.pipeline import (
    APPROVAL,
    APPROVAL_EXPIRED,
    APPROVAL_REJECTED,
    Cause,
    CauseKind,
    ExecutionStatus,
    Stage,
    StageStatus,
    readable,
)
from shipway.domain.project import Project
from shipway.targets.aws import stacks

Document = Mapping[str, Any]
STATUS = {
    "InProgress": ExecutionStatus.RUNNING,
    "Stopping": ExecutionStatus.RUNNING,
    "Succeeded": ExecutionStatus.SUCCEEDED,
    "Failed": ExecutionStatus.FAILED,
    "Stopped": ExecutionStatus.STOPPED,
    "Cancelled": ExecutionStatus.STOPPED,
    "Superseded": ExecutionStatus.SUPERSEDED,
}
_ACTION = {
    "InProgress": StageStatus.RUNNING,
    "Succeeded": StageStatus.SUCCEEDED,
    "Failed": StageStatus.FAILED,
    "Abandoned": StageStatus.STOPPED,
}
_WORST = (StageStatus.FAILED, StageStatus.STOPPED, StageStatus.WAITING, StageStatus.RUNNING)
_STARTED_BY = {
    "CloudWatchEvent": CauseKind.SOURCE,
    "Webhook": CauseKind.SOURCE,
    "WebhookV2": CauseKind.SOURCE,
    "PollForSourceChanges": CauseKind.SOURCE,
    "ManualRollback": CauseKind.ROLLBACK,
    "AutomatedRollback": CauseKind.ROLLBACK,
}


def cause(execution: Document, trigger: Document) -> Cause:
    """Return what started an execution: what the pipeline's variables say, else CodePipeline's own record."""
    told = {each["name"]: each.get("resolvedValue", "") for each in execution.get("variables", ())}
    said = {name: "" if value == stacks.NO_VALUE else value for name, value in told.items()}
    kind = said.get(stacks.CAUSE_KIND, "")
    if execution.get("executionType") == "ROLLBACK":
        kind = CauseKind.ROLLBACK.value
    by = said.get(stacks.CAUSE_BY) or trigger.get("triggerDetail", "").rpartition("/")[2]
    known = kind in list(CauseKind)
    found = CauseKind(kind) if known else _STARTED_BY.get(trigger.get("triggerType", ""), CauseKind.MANUAL)
    return Cause(kind=found, by=by, reason=said.get(stacks.CAUSE_REASON, ""))


def newest(actions: Iterable[Document]) -> list[Document]:
    """Return the last attempt of every action, in the order of their first attempts."""
    found: dict[tuple[str, str, str], Document] = {}
    for action in sorted(actions, key=lambda each: each["startTime"]):
        found[action["pipelineExecutionId"], action["stageName"], action["actionName"]] = action
    return list(found.values())


def stages(
    project: Project, actions: Sequence[Document], steps: Callable[[str], tuple[Stage, ...]]
) -> tuple[Stage, ...]:
    """Return the stages of an execution. steps: what is inside an execution of the training workflow, by its ARN."""
    return tuple(_stage(name, actions, steps) for name in pipeline.stages(project))


def _stage(name: str, actions: Sequence[Document], steps: Callable[[str], tuple[Stage, ...]]) -> Stage:
    attempts = [action for action in actions if action["stageName"] == name]
    last = newest(attempts)
    if not last:
        return Stage(name=name)
    found = [_status(action) for action in last]
    status = next((each for each in _WORST if each in found), StageStatus.SUCCEEDED)
    ended = max(action["lastUpdateTime"] for action in last)
    first = last[0]["actionName"]
    return Stage(
        name=name,
        status=status,
        started=min(action["startTime"] for action in last),
        ended=None if status in (StageStatus.RUNNING, StageStatus.WAITING) else ended,
        attempt=sum(action["actionName"] == first for action in attempts),
        message=next((message(action) for action in last if action["status"] == "Failed"), ""),
        steps=next((steps(arn) for action in last if (arn := workflow_of(action))), ()),
    )


def _status(action: Document) -> StageStatus:
    status = _ACTION.get(action["status"], StageStatus.RUNNING)
    waits = action["stageName"] == APPROVAL and status is StageStatus.RUNNING
    return StageStatus.WAITING if waits else status


def workflow_of(action: Document) -> str:
    """Return the ARN of the state machine's execution that an action started, "" when it did not."""
    return _started(action, "StepFunctions")


def build_of(action: Document) -> str:
    """Return the id of the build that an action started, "" when it did not."""
    return _started(action, "CodeBuild")


def _started(action: Document, provider: str) -> str:
    if action.get("input", {}).get("actionTypeId", {}).get("provider") != provider:
        return ""
    return str(_result(action).get("externalExecutionId", ""))


def message(action: Document) -> str:
    """Return why an action failed."""
    result = _result(action)
    error = result.get("errorDetails", {})
    text = error.get("message") or result.get("externalExecutionSummary") or "no reason given"
    return f"{action['actionName']}: {readable(text)}"


def failure(actions: Sequence[Document]) -> tuple[str, str]:
    """Return the error and the cause of the action that failed last, "" where none did."""
    failed = [action for action in newest(actions) if action["status"] == "Failed"]
    if not failed:
        return "", ""
    last = failed[-1]
    error = _result(last).get("errorDetails", {}).get("code") or f"{last['stageName']}Failed"
    if last["stageName"] == APPROVAL:
        error = APPROVAL_EXPIRED if "expired" in message(last).lower() else APPROVAL_REJECTED
    return str(error), message(last)


def variable(actions: Iterable[Document], name: str) -> str:
    """Return the newest output variable of this name, "" where no action gave one."""
    found = [action.get("output", {}).get("outputVariables", {}).get(name, "") for action in newest(actions)]
    return next((value for value in reversed(found) if value), "")


def _result(action: Document) -> Document:
    result: Document = action.get("output", {}).get("executionResult", {})
    return result
