"""The watch over captured data, over HTTP."""

from collections.abc import Sequence

from shipway.console.api.bodies import Analyse
from shipway.console.api.route import LIMIT, Call, Route
from shipway.domain.monitor import Window
from shipway.domain.people import Role
from shipway.ports.document import DocumentRefused
from shipway.ports.monitor import DriftView, MonitorRun


def latest_drift(call: Call) -> DriftView:
    """Return what the newest analysis says."""
    return call.target.monitor.latest()


def list_analyses(call: Call) -> Sequence[MonitorRun]:
    """Return analyses, newest first."""
    return call.target.monitor.runs(call.values["limit"])


def analyse_window(call: Call) -> DriftView:
    """Analyse captured requests now; answers when it is done."""
    said = call.said(Analyse)
    if (said.start is None) != (said.end is None):
        raise DocumentRefused(path="end", problem="a window has both ends, or none")
    window = Window(start=said.start, end=said.end) if said.start is not None and said.end is not None else None
    return call.target.monitor.analyse(window, by=call.by(said.by))


ROUTES = (
    Route(
        method="GET",
        path="/drift",
        summary="What the newest analysis of captured requests says",
        role=Role.VIEWER,
        perform=latest_drift,
        answer=DriftView,
    ),
    Route(
        method="GET",
        path="/drift/runs",
        summary="Analyses with their verdicts",
        role=Role.VIEWER,
        perform=list_analyses,
        answer=Sequence[MonitorRun],
        query=LIMIT,
    ),
    Route(
        method="POST",
        path="/drift/runs",
        summary="Analyse captured requests of a window now",
        role=Role.APPROVER,
        perform=analyse_window,
        answer=DriftView,
        body=Analyse,
    ),
)
