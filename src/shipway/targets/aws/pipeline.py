"""The release pipeline on CodePipeline, with the training workflow on Step Functions inside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain import names
from shipway.domain.pipeline import (
    Cause,
    Execution,
    ExecutionFinished,
    ExecutionNotFailed,
    ExecutionNotFound,
    ExecutionStatus,
    Stage,
)
from shipway.domain.values import JsonObject
from shipway.targets.aws import stacks, view, workflow
from shipway.targets.aws.account import Account
from shipway.targets.aws.objects import code

REASON_LIMIT = 200  # characters of a reason that StopPipelineExecution takes
VALUE_LIMIT = 1000  # characters of a pipeline variable's value
PAGE = 100
ENDED = ("ExecutionDoesNotExist", "ResourceNotFoundException", "InvalidInputException")
RETRYABLE = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)


class Pipeline:
    """Executions of one project's pipeline."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.name = names.pipeline(account.project.name)

    @property
    def _client(self) -> Any:
        return self._account.client("codepipeline")

    def start(self, cause: Cause, revisions: Sequence[JsonObject] = ()) -> str:
        """Start an execution and return its id. revisions: SourceRevisionOverrides."""
        said = {stacks.CAUSE_KIND: cause.kind.value, stacks.CAUSE_BY: cause.by, stacks.CAUSE_REASON: cause.reason}
        variables = [{"name": name, "value": value[:VALUE_LIMIT] or stacks.NO_VALUE} for name, value in said.items()]
        more = {"sourceRevisions": list(revisions)} if revisions else {}
        answer = self._client.start_pipeline_execution(name=self.name, variables=variables, **more)
        return str(answer["pipelineExecutionId"])

    def recent(self, limit: int) -> Sequence[Execution]:
        """Return executions, newest first, with their stages but without the steps inside."""
        found = self._summaries(limit)
        return [self._view(each["pipelineExecutionId"], each, inside=False) for each in found]

    def get(self, execution: str) -> Execution:
        """Return one with everything inside; "latest" names the newest. Raises ExecutionNotFound."""
        summary = self._summary(execution)
        return self._view(summary["pipelineExecutionId"], summary, inside=True)

    def stop(self, execution: str, reason: str) -> None:
        """Stop it and what it runs: the training workflow with its jobs, a build. Raises ExecutionFinished.

        CodePipeline itself waits for the end of what an action has started, so that is told to end too; a deployment
        goes on to its own end. A question is abandoned: it would be waited for, in days perhaps, and nothing else runs.
        """
        found = self.get(execution)
        if found.status.final:
            raise ExecutionFinished(execution=found.id, status=found.status.value)
        running = [each for each in self.actions(found.id) if each["status"] == "InProgress"]
        self._client.stop_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=found.id, abandon=found.asks, reason=reason[:REASON_LIMIT]
        )
        for action in running:
            self._end(action, reason)

    def _end(self, action: view.Document, reason: str) -> None:
        """End what an action has started, unless it has ended meanwhile."""
        try:
            if arn := view.workflow_of(action):
                self._account.client("stepfunctions").stop_execution(executionArn=arn, cause=reason)
            elif build := view.build_of(action):
                self._account.client("codebuild").stop_build(id=build)
        except ClientError as error:
            if code(error) not in ENDED:
                raise

    def retry(self, execution: str) -> None:
        """Go on from the stage that failed. Raises ExecutionNotFound, ExecutionNotFailed."""
        found = self.get(execution)
        stage = next((each.name for each in reversed(found.stages) if each.started), "")
        if found.status not in RETRYABLE or not stage:
            raise ExecutionNotFailed(execution=found.id, status=found.status.value)
        self._client.retry_stage_execution(
            pipelineName=self.name, stageName=stage, pipelineExecutionId=found.id, retryMode="FAILED_ACTIONS"
        )

    def rollback(self, stage: str, target: str) -> str:
        """Do a stage again as an earlier execution did it; return the id of the execution that does."""
        answer = self._client.rollback_stage(pipelineName=self.name, stageName=stage, targetPipelineExecutionId=target)
        return str(answer["pipelineExecutionId"])

    def actions(self, execution: str = "") -> list[view.Document]:
        """Return what the actions of an execution did, every attempt of them, oldest first; "" for all executions."""
        only = {"filter": {"pipelineExecutionId": execution}} if execution else {}
        pages = self._client.get_paginator("list_action_executions").paginate(pipelineName=self.name, **only)
        found = [each for page in pages for each in page["actionExecutionDetails"]]
        return sorted(found, key=lambda each: each["startTime"])

    def takes_archive(self) -> bool:
        """Return whether its source is the archive that `start` uploads, and not a repository."""
        first = self._client.get_pipeline(name=self.name)["pipeline"]["stages"][0]
        return any(each["actionTypeId"]["provider"] == "S3" for each in first["actions"])

    def state(self, stage: str) -> Sequence[view.Document]:
        """Return the actions of a stage as they stand now, with the tokens of those that wait for a person."""
        for each in self._client.get_pipeline_state(name=self.name)["stageStates"]:
            if each["stageName"] == stage:
                return list(each["actionStates"])
        return []

    def history(self, arn: str) -> list[workflow.Event]:
        """Return the history of an execution of the training workflow; empty once AWS has forgotten it (90 days)."""
        client = self._account.client("stepfunctions")
        try:
            pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
            return [event for page in pages for event in page["events"]]
        except ClientError as error:
            if code(error) == "ExecutionDoesNotExist":
                return []
            raise

    def event_log(self, execution: str, after: int) -> list[tuple[int, JsonObject]]:
        """Return numbered events of an execution after one number, in the order in which they happened."""
        identity = self._summary(execution)["pipelineExecutionId"]
        found: list[tuple[datetime, JsonObject]] = []
        for action in self.actions(identity):
            found += _action_events(identity, action)
            if arn := view.workflow_of(action):
                found += [_state_event(arn, event) for event in self.history(arn)]
        ordered = [event for _, event in sorted(found, key=lambda pair: pair[0])]
        return [(number, event) for number, event in enumerate(ordered, 1) if number > after]

    def _summary(self, execution: str) -> view.Document:
        for page in self._pages():
            for each in page["pipelineExecutionSummaries"]:
                if execution in ("latest", each["pipelineExecutionId"]):
                    return dict(each)
        raise ExecutionNotFound(execution=execution)

    def _summaries(self, limit: int) -> list[view.Document]:
        found: list[view.Document] = []
        for page in self._pages():
            found += page["pipelineExecutionSummaries"]
            if len(found) >= limit:
                break
        return found[:limit]

    def _pages(self) -> Any:
        pages = self._client.get_paginator("list_pipeline_executions")
        return pages.paginate(pipelineName=self.name, PaginationConfig={"PageSize": PAGE})

    def _view(self, execution: str, summary: view.Document, *, inside: bool) -> Execution:
        told = self._client.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=execution)
        actions = self.actions(execution)
        error, why = view.failure(actions)
        status = view.STATUS[summary["status"]]
        number = view.variable(actions, stacks.RELEASE)
        return Execution(
            id=execution,
            pipeline=self.name,
            status=status,
            cause=view.cause(told["pipelineExecution"], summary.get("trigger", {})),
            started=summary["startTime"],
            ended=summary["lastUpdateTime"] if status.final else None,
            stages=view.stages(self._account.project, actions, self._steps if inside else _closed),
            release=int(number) if number else None,
            error=error if status is ExecutionStatus.FAILED else "",
            error_cause=why or summary.get("statusSummary", "") if status is ExecutionStatus.FAILED else "",
        )

    def _steps(self, arn: str) -> tuple[Stage, ...]:
        return workflow.steps(self.history(arn))


def _closed(_: str) -> tuple[Stage, ...]:
    return ()


def _action_events(execution: str, action: view.Document) -> list[tuple[datetime, JsonObject]]:
    path = f"{action['stageName']}/{action['actionName']}"
    begun = _event(execution, action["startTime"], "ActionStarted", path, action["actionName"])
    if action["status"] == "InProgress":
        return [begun]
    detail = {"message": view.message(action)} if action["status"] == "Failed" else {}
    kind = f"Action{action['status']}"
    return [begun, _event(execution, action["lastUpdateTime"], kind, path, action["actionName"], **detail)]


def _state_event(arn: str, event: workflow.Event) -> tuple[datetime, JsonObject]:
    details: dict[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    return _event(arn, event["timestamp"], event["type"], "Train", str(details.get("name", "")))


def _event(
    execution: str, at: datetime, kind: str, path: str, state: str, **detail: str
) -> tuple[datetime, JsonObject]:
    return at, {
        "execution": execution,
        "at": at.isoformat(),
        "kind": kind,
        "path": path,
        "state": state,
        "attempt": 1,
        "detail": {**detail},
    }
