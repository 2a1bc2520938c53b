"""CloudWatch's documents as alarms that people see. Pure: from what the service told to values of the domain."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shipway.domain.alarm import AlarmChange, AlarmState, Comparison, Datapoint
from shipway.domain.alarm_rule import renamed
from shipway.domain.alarm_suppression import SuppressedBy, Suppression
from shipway.domain.numbering import number_of
from shipway.domain.units import format_duration
from shipway.ports.alarm import AlarmView
from shipway.targets.aws.resources.alarm_place import OF_PROD

Document = Mapping[str, Any]
ORDER = (AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA, AlarmState.OK)
UNSEEN = "Unchecked"  # how CloudWatch begins the reason of an alarm that it has not looked at yet
_RELEASE = re.compile(rf"{OF_PROD}(\d+)-.+")


def release_of(alarm: str) -> int | None:
    """Return the release whose endpoint and answers an alarm watches, None for an alarm that outlives releases."""
    found = _RELEASE.fullmatch(alarm)
    return int(found[1]) if found else None


def view(told: Document, project: str) -> AlarmView:
    """Return one alarm, on a metric or on others. Its name is CloudWatch's without the project's in front of it."""
    name, reason = own_name(told["AlarmName"], project), str(told.get("StateReason", ""))
    unseen = reason.startswith(UNSEEN)
    return AlarmView(
        name=name,
        state=AlarmState(told["StateValue"]),
        since=None if unseen else told.get("StateTransitionedTimestamp") or told["StateUpdatedTimestamp"],
        evaluated=None if unseen else told["StateUpdatedTimestamp"],
        condition=condition(told, project),
        description=told.get("AlarmDescription", ""),
        reason=reason,
        threshold=told.get("Threshold"),
        datapoints=datapoints(told.get("StateReasonData", ""), told),
        enabled=told["ActionsEnabled"],
        release=release_of(name),
        suppression=_suppression(told, project),
    )


def own_name(alarm: str, project: str) -> str:
    """Return what a project calls an alarm of CloudWatch's."""
    return alarm.removeprefix(f"{project}-")


def condition(told: Document, project: str) -> str:
    """Return what an alarm waits for, in words: "p95 of Latency{ApiName=m-api} > 250 in 3 of 5 periods of 1m"."""
    if "AlarmRule" in told:
        rule, suppressor = renamed(told["AlarmRule"], lambda name: own_name(name, project)), _suppressor(told, project)
        return f"{rule}, suppressed by {suppressor}" if suppressor else rule
    period = timedelta(seconds=told.get("Period") or _period(told.get("Metrics", ())))
    wanted = told.get("DatapointsToAlarm") or told["EvaluationPeriods"]
    periods = f"{wanted} of {told['EvaluationPeriods']} periods of {format_duration(period)}"
    return f"{_watched(told)} {_sign(told)} {told.get('Threshold', 0):g} in {periods}"


def _watched(told: Document) -> str:
    if "MetricName" not in told:
        asked: Document = next((each for each in told.get("Metrics", ()) if each.get("ReturnData", True)), {})
        return str(asked.get("Label") or asked.get("Expression", "an expression"))
    pairs = ", ".join(f"{each['Name']}={each['Value']}" for each in told.get("Dimensions", ()))
    series = f"{told['MetricName']}{{{pairs}}}" if pairs else told["MetricName"]
    return f"{told.get('Statistic') or told.get('ExtendedStatistic')} of {series}"


def _sign(told: Document) -> str:
    known = told["ComparisonOperator"] in list(Comparison)
    return Comparison(told["ComparisonOperator"]).sign if known else str(told["ComparisonOperator"])


def _period(metrics: Iterable[Document]) -> int:
    return max((each["MetricStat"]["Period"] for each in metrics if "MetricStat" in each), default=60)


def datapoints(reason: str, told: Document) -> tuple[Datapoint, ...]:
    """Return what an alarm's state rests on, oldest first. reason: CloudWatch's document on it, "" without one."""
    found = json.loads(reason).get("evaluatedDatapoints", ()) if reason else ()
    made = [
        Datapoint(
            at=datetime.fromisoformat(each["timestamp"]),
            value=each.get("value"),
            samples=int(each.get("sampleCount", 0)),
            breaching=_breaching(each.get("value"), told),
        )
        for each in found
    ]
    return tuple(sorted(made, key=lambda each: each.at))


def _breaching(value: float | None, told: Document) -> bool:
    operator, threshold = told.get("ComparisonOperator"), told.get("Threshold")
    if value is None or threshold is None or operator not in list(Comparison):
        return False
    return Comparison(operator).breached(value, threshold)


def _suppression(told: Document, project: str) -> Suppression | None:
    """Return what holds a composite alarm back now. How long still, CloudWatch does not tell."""
    if not told.get("ActionsSuppressedBy"):
        return None
    by = SuppressedBy(told["ActionsSuppressedBy"])
    return Suppression(suppressor=_suppressor(told, project), by=by, pending=True)


def _suppressor(told: Document, project: str) -> str:
    return own_name(str(told.get("ActionsSuppressor", "")).rpartition(":")[2], project)


def change(item: Document, project: str) -> AlarmChange:
    """Return one change of state out of CloudWatch's history."""
    data = json.loads(item.get("HistoryData", "{}"))
    new = data.get("newState", {})
    return AlarmChange(
        number=number_of(item["Timestamp"], item["AlarmName"]),  # CloudWatch gives none
        alarm=own_name(item["AlarmName"], project),
        old=AlarmState(data.get("oldState", {}).get("stateValue", AlarmState.INSUFFICIENT_DATA)),
        new=AlarmState(new["stateValue"]),
        at=item["Timestamp"],
        reason=new.get("stateReason", ""),
    )
