"""Alarms, metrics and notices over HTTP."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from shipway.console.api.bodies import By
from shipway.console.api.route import LIMIT, Call, Parameter, Route
from shipway.domain.alarm import AlarmChange
from shipway.domain.people import Role
from shipway.ports.alarm import AlarmView
from shipway.ports.document import DocumentRefused
from shipway.ports.metric import Point, Range, SeriesView
from shipway.ports.notice import NoticeView


def list_alarms(call: Call) -> Sequence[AlarmView]:
    """Return every alarm, those that fire first."""
    return call.target.alarms.list()


def get_alarm(call: Call) -> AlarmView:
    """Return one with its datapoints."""
    return call.target.alarms.get(call.values["name"])


def list_changes(call: Call) -> Sequence[AlarmChange]:
    """Return changes of state, newest first."""
    return call.target.alarms.history(call.values["alarm"], call.values["limit"])


def changes_after(call: Call) -> Sequence[AlarmChange]:
    """Return the changes of state behind a number, oldest first."""
    return call.target.alarms.changes(call.values["after"])


def enable_alarm(call: Call) -> AlarmView:
    """Let an alarm act again."""
    return call.target.alarms.enable(call.values["name"], by=call.by(call.said(By).by))


def disable_alarm(call: Call) -> AlarmView:
    """Keep an alarm quiet."""
    return call.target.alarms.disable(call.values["name"], by=call.by(call.said(By).by))


def list_series(call: Call) -> Sequence[SeriesView]:
    """Return every series that has values."""
    return call.target.metrics.list(call.values["name"])


def get_points(call: Call) -> Sequence[Point]:
    """Return a statistic of a series, period by period."""
    values = call.values
    wanted = Range(
        start=values["start"],
        end=values["end"],
        period=timedelta(seconds=values["period"]),
        statistic=values["statistic"],
    )
    return call.target.metrics.points(values["name"], _dimensions(values["dimensions"]), wanted)


def list_delivered(call: Call) -> Sequence[NoticeView]:
    """Return the last notices, newest first."""
    return call.target.notices.list(call.values["limit"])


def get_delivered(call: Call) -> NoticeView:
    """Return one notice with what has become of it."""
    return call.target.notices.get(call.values["number"])


def test_notices(call: Call) -> NoticeView:
    """Send a notice all ways."""
    return call.target.notices.test(by=call.by(call.said(By).by))


def _dimensions(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DocumentRefused(path="dimensions", problem="must be JSON") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise DocumentRefused(path="dimensions", problem="must be an object of texts")
    return found


def _text(summary: str, default: str) -> Parameter:
    return Parameter(kind=str, summary=summary, default=default)


POINTS = {
    "name": Parameter(kind=str, summary="The metric.", required=True),
    "dimensions": _text('The series, such as {"FunctionName": "flights-api"}.', "{}"),
    "start": Parameter(kind=datetime, summary="The first period's begin.", required=True),
    "end": Parameter(kind=datetime, summary="Periods begin before it.", required=True),
    "period": Parameter(kind=int, summary="Seconds of a period, whole minutes.", default=300),
    "statistic": _text("Sum, Average, p99, ...", "Average"),
}
ROUTES = (
    Route(
        method="GET",
        path="/alarms",
        summary="What watches the metrics",
        role=Role.VIEWER,
        perform=list_alarms,
        answer=Sequence[AlarmView],
    ),
    Route(
        method="GET",
        path="/alarms/{name}",
        summary="One alarm with its datapoints",
        role=Role.VIEWER,
        perform=get_alarm,
        answer=AlarmView,
    ),
    Route(
        method="POST",
        path="/alarms/{name}/enable",
        summary="Let an alarm tell people and stop releases",
        role=Role.APPROVER,
        perform=enable_alarm,
        answer=AlarmView,
        body=By,
    ),
    Route(
        method="POST",
        path="/alarms/{name}/disable",
        summary="Keep an alarm quiet",
        role=Role.APPROVER,
        perform=disable_alarm,
        answer=AlarmView,
        body=By,
    ),
    Route(
        method="GET",
        path="/alarm-history",
        summary="How alarms have changed, newest first",
        role=Role.VIEWER,
        perform=list_changes,
        answer=Sequence[AlarmChange],
        query={**LIMIT, "alarm": _text("Only of this one.", "")},
    ),
    Route(
        method="GET",
        path="/alarm-changes",
        summary="How alarms have changed since a number, oldest first",
        role=Role.VIEWER,
        perform=changes_after,
        answer=Sequence[AlarmChange],
        query={"after": Parameter(kind=int, summary="Only what has a greater number.", default=0, least=0)},
    ),
    Route(
        method="GET",
        path="/metrics",
        summary="What is measured",
        role=Role.VIEWER,
        perform=list_series,
        answer=Sequence[SeriesView],
        query={"name": _text("Only of this metric.", "")},
    ),
    Route(
        method="GET",
        path="/points",
        summary="A metric, period by period",
        role=Role.VIEWER,
        perform=get_points,
        answer=Sequence[Point],
        query=POINTS,
    ),
    Route(
        method="GET",
        path="/deliveries",
        summary="What people were told, and whether it reached them, newest first",
        role=Role.VIEWER,
        perform=list_delivered,
        answer=Sequence[NoticeView],
        query=LIMIT,
    ),
    Route(
        method="GET",
        path="/deliveries/{number}",
        summary="One notice, and whether it reached people",
        role=Role.VIEWER,
        perform=get_delivered,
        answer=NoticeView,
    ),
    Route(
        method="POST",
        path="/notices/test",
        summary="Send a notice all ways to people",
        role=Role.APPROVER,
        perform=test_notices,
        answer=NoticeView,
        body=By,
    ),
)
