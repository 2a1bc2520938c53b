"""Executions and approvals over HTTP."""

from collections.abc import Sequence

from shipway.console.api.bodies import By, Decide, Start
from shipway.console.api.route import LIMIT, Call, Parameter, Route
from shipway.domain.approval import Approval, Decision
from shipway.domain.people import Role
from shipway.domain.pipeline import Cause, Execution
from shipway.ports.view import WorkflowView
from shipway.ports.wire import NumberedEvent

AFTER = {"after": Parameter(kind=int, summary="Only what has a greater number.", default=0, least=0)}


def list_executions(call: Call) -> Sequence[Execution]:
    """Return executions, newest first, without the steps inside."""
    return call.target.executions(call.values["limit"])


def start_execution(call: Call) -> Execution:
    """Start the pipeline on the project as it is now."""
    said = call.said(Start)
    return call.target.start(Cause(kind=said.kind, by=call.by(said.by), reason=said.reason))


def get_execution(call: Call) -> Execution:
    """Return one with everything inside."""
    return call.target.execution(call.values["execution"])


def stop_execution(call: Call) -> Execution:
    """Stop it and what it runs."""
    said, name = call.said(By), call.values["execution"]
    call.target.stop(name, by=call.by(said.by), reason=said.reason)
    return call.target.execution(name)


def retry_execution(call: Call) -> Execution:
    """Go on from the stage that failed or was stopped."""
    name = call.values["execution"]
    call.target.retry(name, by=call.by(call.said(By).by))
    return call.target.execution(name)


def list_events(call: Call) -> Sequence[NumberedEvent]:
    """Return what happened in an execution, in order."""
    found = call.target.event_log(call.values["execution"], call.values["after"])
    return [NumberedEvent(number=number, event=dict(event)) for number, event in found]


def get_workflow(call: Call) -> WorkflowView:
    """Return the training state machine of an execution, with what each state did."""
    return call.target.inspect.workflow(call.values["execution"])


def get_approval(call: Call) -> Approval:
    """Return what an execution asked of people."""
    return call.target.approval(call.values["execution"])


def decide_approval(call: Call) -> Approval:
    """Approve or reject."""
    said = call.said(Decide)
    by = call.person.name if call.named else said.by
    return call.target.decide(
        call.values["execution"], Decision(approve=said.approve, by=by, comment=said.comment, shown=said.shown)
    )


ONE = "/executions/{execution}"
ROUTES = (
    Route(
        method="GET",
        path="/executions",
        summary="List executions",
        role=Role.VIEWER,
        perform=list_executions,
        answer=Sequence[Execution],
        query=LIMIT,
    ),
    Route(
        method="POST",
        path="/executions",
        summary="Start the pipeline",
        role=Role.APPROVER,
        perform=start_execution,
        answer=Execution,
        body=Start,
        status=201,
    ),
    Route(method="GET", path=ONE, summary="Look at one", role=Role.VIEWER, perform=get_execution, answer=Execution),
    Route(
        method="POST",
        path=f"{ONE}/stop",
        summary="Stop it",
        role=Role.APPROVER,
        perform=stop_execution,
        answer=Execution,
        body=By,
    ),
    Route(
        method="POST",
        path=f"{ONE}/retry",
        summary="Go on after a failure",
        role=Role.APPROVER,
        perform=retry_execution,
        answer=Execution,
        body=By,
    ),
    Route(
        method="GET",
        path=f"{ONE}/events",
        summary="Its history",
        role=Role.VIEWER,
        perform=list_events,
        answer=Sequence[NumberedEvent],
        query=AFTER,
    ),
    Route(
        method="GET",
        path=f"{ONE}/workflow",
        summary="Its training state machine",
        role=Role.VIEWER,
        perform=get_workflow,
        answer=WorkflowView,
    ),
    Route(
        method="GET",
        path=f"{ONE}/approval",
        summary="What it asks of people",
        role=Role.VIEWER,
        perform=get_approval,
        answer=Approval,
    ),
    Route(
        method="POST",
        path=f"{ONE}/approval",
        summary="Approve or reject",
        role=Role.APPROVER,
        perform=decide_approval,
        answer=Approval,
        body=Decide,
    ),
)
