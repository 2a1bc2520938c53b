"""Labels, and how good the model's answers were, over HTTP."""

from collections.abc import Sequence

from shipway.console.api.bodies import Labels
from shipway.console.api.route import Call, Parameter, Route
from shipway.domain.label import Accepted
from shipway.domain.people import Role
from shipway.ports.model_quality import QualityWindow

DAYS = {"days": Parameter(kind=int, summary="How far back.", default=14, most=455)}


def list_quality(call: Call) -> Sequence[QualityWindow]:
    """Return the days that have answers, newest first, after the newest seven days together."""
    return call.target.quality.windows(call.values["days"])


def add_labels(call: Call) -> Accepted:
    """Keep labels; the answer says what became of them."""
    said = call.said(Labels)
    return call.target.quality.add(said.text, source=said.source, by=call.by(said.by))


ROUTES = (
    Route(
        method="GET",
        path="/quality",
        summary="How good the model's answers were, as far as labels tell",
        role=Role.VIEWER,
        perform=list_quality,
        answer=Sequence[QualityWindow],
        query=DAYS,
    ),
    Route(
        method="POST",
        path="/labels",
        summary="Tell what really happened, by inference id",
        role=Role.APPROVER,
        perform=add_labels,
        answer=Accepted,
        body=Labels,
    ),
)
