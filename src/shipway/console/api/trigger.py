"""What starts the pipeline by itself, over HTTP."""

from collections.abc import Sequence

from shipway.console.api.bodies import By
from shipway.console.api.route import LIMIT, Call, Route
from shipway.domain.people import Role
from shipway.ports.trigger import TriggerFiring, TriggerView


def list_triggers(call: Call) -> Sequence[TriggerView]:
    """Return every trigger, also those that are switched off."""
    return call.target.triggers.list()


def list_firings(call: Call) -> Sequence[TriggerFiring]:
    """Return what was started, newest first."""
    return call.target.triggers.history(call.values["limit"])


def tell_trigger(call: Call) -> bool:
    """Write down that something has happened; the answer is whether that was news."""
    return call.target.triggers.tell(call.values["kind"], by=call.by(call.said(By).by))


ROUTES = (
    Route(
        method="GET",
        path="/triggers",
        summary="What starts the pipeline by itself",
        role=Role.VIEWER,
        perform=list_triggers,
        answer=Sequence[TriggerView],
    ),
    Route(
        method="GET",
        path="/firings",
        summary="What triggers have started",
        role=Role.VIEWER,
        perform=list_firings,
        answer=Sequence[TriggerFiring],
        query=LIMIT,
    ),
    Route(
        method="POST",
        path="/triggers/{kind}",
        summary="Tell a trigger (source, data) that something has happened",
        role=Role.APPROVER,
        perform=tell_trigger,
        answer=bool,
        body=By,
    ),
)
