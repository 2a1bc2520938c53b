"""Deployments and the way back over HTTP."""

from collections.abc import Sequence

from shipway.console.api.bodies import By, Rollback
from shipway.console.api.route import LIMIT, Call, Route
from shipway.domain.deployment import Ask
from shipway.domain.people import Role
from shipway.domain.pipeline import Execution
from shipway.ports.target import DeploymentView
from shipway.ports.view import DeploymentDetail


def list_deployments(call: Call) -> Sequence[DeploymentView]:
    """Return production deployments, newest first."""
    return call.target.deployments(call.values["limit"])


def get_deployment(call: Call) -> DeploymentDetail:
    """Return one with its evidence."""
    return call.target.inspect.deployment(call.values["deployment"])


def order_deployment(call: Call) -> DeploymentDetail:
    """Ask something of a deployment that moves."""
    target, name, by = call.target, call.values["deployment"], call.by(call.said(By).by)
    orders = {
        Ask.ABORT: target.abort,
        Ask.PROMOTE: target.promote,
        Ask.PAUSE: target.pause,
        Ask.RESUME: target.resume,
        Ask.HOLD: target.hold,
        Ask.EXTEND: target.extend,
    }
    orders[call.values["order"]](name, by=by)
    return target.inspect.deployment(name)


def start_rollback(call: Call) -> Execution:
    """Start to give all traffic to a release that production has had."""
    said = call.said(Rollback)
    return call.target.rollback(said.to, by=call.by(said.by), reason=said.reason)


ROUTES = (
    Route(
        method="GET",
        path="/deployments",
        summary="List deployments",
        role=Role.VIEWER,
        perform=list_deployments,
        answer=Sequence[DeploymentView],
        query=LIMIT,
    ),
    Route(
        method="GET",
        path="/deployments/{deployment}",
        summary="Look at one, with its evidence",
        role=Role.VIEWER,
        perform=get_deployment,
        answer=DeploymentDetail,
    ),
    Route(
        method="POST",
        path="/deployments/{deployment}/{order}",
        summary="Abort, promote, pause, resume, hold or extend it",
        role=Role.APPROVER,
        perform=order_deployment,
        answer=DeploymentDetail,
        body=By,
    ),
    Route(
        method="POST",
        path="/rollbacks",
        summary="Go back to an earlier release",
        role=Role.APPROVER,
        perform=start_rollback,
        answer=Execution,
        body=Rollback,
        status=201,
    ),
)
