"""A person's yes or no as CodePipeline keeps it: one manual approval action for each person who must say yes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain.approval import (
    Approval,
    ApprovalClosed,
    ApprovalNotFound,
    ApprovalStatus,
    Decision,
    Vote,
    count,
    decide,
    lapse,
)
from shipway.domain.evidence import shown
from shipway.domain.pipeline import APPROVAL, Execution
from shipway.targets.aws import view
from shipway.targets.aws.account import Account
from shipway.targets.aws.objects import code
from shipway.targets.aws.pipeline import Pipeline
from shipway.targets.aws.release import Ledger

SUMMARY_LIMIT = 512  # characters of an approval's summary
CLOSED = ("InvalidApprovalTokenException", "ApprovalAlreadyCompletedException")
_OVER = {"stopped": ApprovalStatus.STOPPED, "superseded": ApprovalStatus.SUPERSEDED}


class Approvals:
    """Questions of the pipeline's executions."""

    def __init__(self, account: Account, pipeline: Pipeline, ledger: Ledger) -> None:
        self._account = account
        self._pipeline = pipeline
        self._ledger = ledger

    def get(self, execution: Execution, now: datetime) -> Approval:
        """Return what an execution asked of people. Raises ApprovalNotFound."""
        asked = [each for each in self._pipeline.actions(execution.id) if each["stageName"] == APPROVAL]
        if not asked or execution.release is None:
            raise ApprovalNotFound(approval=execution.id)
        project, release = self._account.project, self._ledger.get(execution.release)
        requested = min(each["startTime"] for each in asked)
        question = Approval(
            execution=execution.id,
            release=release.number,
            digest=release.digest,
            requested=requested,
            expires=requested + project.approval.timeout,
            evidence=shown(project, release, self._ledger.live(), {}),
            needed=project.approval.approvers,
        )
        return _answered(question, view.newest(asked), execution, now)

    def decide(self, execution: Execution, decision: Decision, now: datetime) -> Approval:
        """Give one person's answer to the pipeline. Raises what domain.approval.decide raises, and ApprovalNotFound."""
        question = self.get(execution, now)
        answered = decide(question, decision, now)
        action = self._open(execution, question)
        result = {
            "summary": f"{decision.by.strip()}: {decision.comment}"[:SUMMARY_LIMIT],
            "status": "Approved" if decision.approve else "Rejected",
        }
        try:
            self._account.client("codepipeline").put_approval_result(
                pipelineName=self._pipeline.name,
                stageName=APPROVAL,
                actionName=action["actionName"],
                result=result,
                token=action["latestExecution"]["token"],
            )
        except ClientError as error:
            if code(error) in CLOSED:
                raise ApprovalClosed(release=question.release, status="answered", detail=" elsewhere") from error
            raise
        return answered

    def _open(self, execution: Execution, question: Approval) -> dict[str, Any]:
        """Return an action of this very execution that still waits: its token is good for nothing else."""
        waiting = {each["actionExecutionId"] for each in self._pipeline.actions(execution.id) if _waits(each)}
        for action in self._pipeline.state(APPROVAL):
            latest = action.get("latestExecution", {})
            if latest.get("token") and latest.get("actionExecutionId") in waiting:
                return dict(action)
        raise ApprovalClosed(release=question.release, status="no longer asked", detail="")


def approvers(actions: Iterable[view.Document]) -> dict[str, str]:
    """Return execution -> the names of those who said yes to its release."""
    found: dict[str, list[str]] = {}
    for action in view.newest(actions):
        if action["stageName"] == APPROVAL and action["status"] == "Succeeded":
            found.setdefault(action["pipelineExecutionId"], []).append(_said(action)[0])
    return {execution: ", ".join(names) for execution, names in found.items()}


def _waits(action: view.Document) -> bool:
    return bool(action["stageName"] == APPROVAL and action["status"] == "InProgress")


def _answered(question: Approval, actions: Sequence[view.Document], execution: Execution, now: datetime) -> Approval:
    """Return a question as its actions have been answered."""
    for action in actions:
        if action["status"] == "Failed" and not _expired(action):
            by, comment = _said(action)
            at = action["lastUpdateTime"]
            return replace(question, status=ApprovalStatus.REJECTED, by=by, comment=comment, decided=at)
    votes = tuple(
        Vote(by=by, comment=comment, at=action["lastUpdateTime"])
        for action in actions
        if action["status"] == "Succeeded"
        for by, comment in [_said(action)]
    )
    voted = count(replace(question, votes=votes))
    if voted.status is not ApprovalStatus.PENDING:
        return voted
    if any(_expired(action) for action in actions):
        return replace(voted, status=ApprovalStatus.EXPIRED, decided=voted.expires)
    if execution.status.value in _OVER:
        return replace(voted, status=_OVER[execution.status.value], decided=execution.ended)
    return lapse(voted, now)


def _said(action: view.Document) -> tuple[str, str]:
    """Return who answered an action and the comment: as it was given here, else whom AWS names."""
    summary = action.get("output", {}).get("executionResult", {}).get("externalExecutionSummary", "")
    by, separator, comment = summary.partition(": ")
    return (by, comment) if separator else (str(action.get("updatedBy", "")).rpartition("/")[2], summary)


def _expired(action: view.Document) -> bool:
    return action["status"] == "Failed" and "expired" in view.message(action).lower()
