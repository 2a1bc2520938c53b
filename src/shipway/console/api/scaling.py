"""How endpoints follow their load, over HTTP."""

from collections.abc import Sequence

from shipway.console.api.route import LIMIT, Call, Route
from shipway.domain.people import Role
from shipway.ports.scaling import ScalingActivity, ScalingView


def list_scaling(call: Call) -> Sequence[ScalingView]:
    """Return every endpoint with its size, production first."""
    return call.target.scaling.state()


def list_activities(call: Call) -> Sequence[ScalingActivity]:
    """Return what was changed, newest first."""
    return call.target.scaling.activities(call.values["limit"])


ROUTES = (
    Route(
        method="GET",
        path="/scaling",
        summary="How many instances endpoints have, and why",
        role=Role.VIEWER,
        perform=list_scaling,
        answer=Sequence[ScalingView],
    ),
    Route(
        method="GET",
        path="/scaling/activities",
        summary="What autoscaling has changed",
        role=Role.VIEWER,
        perform=list_activities,
        answer=Sequence[ScalingActivity],
        query=LIMIT,
    ),
)
