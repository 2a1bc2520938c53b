"""Alarms of the account in memory, as CloudWatch has them: those of the target in memory, and what a test adds."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aws.account import NUMBER, REGION, Account
from fakes import FakeTarget
from shipway.domain.alarm import Datapoint
from shipway.ports.alarm import AlarmView

Asked = dict[str, Any]
NEW = "Unchecked: Initial alarm creation"
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Ringing:
    """fake: whose alarms they are, in the stack tiny-alarms. more: stack -> documents beside them.

    past: items of the history beside those of the target in memory. page: alarms or items of one answer.
    """

    fake: FakeTarget
    more: dict[str, list[Asked]] = field(default_factory=dict)
    past: list[Asked] = field(default_factory=list)
    page: int = 2

    def into(self, account: Account) -> "Ringing":
        """Serve CloudWatch's alarms in an account."""
        account.serves |= {
            "cloudwatch.DescribeAlarms": self._describe,
            "cloudwatch.DescribeAlarmHistory": self._history,
            "cloudwatch.EnableAlarmActions": lambda asked: self._switch(asked, enabled=True),
            "cloudwatch.DisableAlarmActions": lambda asked: self._switch(asked, enabled=False),
        }
        return self

    def resources(self, stack: str) -> list[tuple[str, str]]:
        """Return type and name of each alarm of a stack."""
        return [
            (f"AWS::CloudWatch::{'CompositeAlarm' if 'AlarmRule' in each else 'Alarm'}", each["AlarmName"])
            for each in self._all().get(stack, ())
        ]

    def _all(self) -> dict[str, list[Asked]]:
        own = [document(each) for each in self.fake.alarms.list()]
        return {**self.more, "tiny-alarms": [*own, *self.more.get("tiny-alarms", ())]}

    def _describe(self, asked: Asked) -> Asked:
        found = [each for stack in self._all().values() for each in stack if each["AlarmName"] in asked["AlarmNames"]]
        first = int(asked.get("NextToken", "0"))
        some = found[first : first + self.page]
        more = {"NextToken": str(first + self.page)} if first + self.page < len(found) else {}
        return {
            "MetricAlarms": [each for each in some if "AlarmRule" not in each],
            "CompositeAlarms": [each for each in some if "AlarmRule" in each],
        } | more

    def _history(self, asked: Asked) -> Asked:
        assert asked["HistoryItemType"] == "StateUpdate"
        own = [
            item(f"tiny-{each.alarm}", each.at, each.old, each.new, each.reason) for each in self.fake.alarms.changes()
        ]
        found = [
            each
            for each in sorted([*own, *self.past], key=lambda each: each["Timestamp"], reverse=True)
            if each["AlarmName"] == asked.get("AlarmName", each["AlarmName"])
            and each["Timestamp"] >= asked.get("StartDate", each["Timestamp"])
        ]
        first = int(asked.get("NextToken", "0"))
        more = {"NextToken": str(first + self.page)} if first + self.page < len(found) else {}
        return {"AlarmHistoryItems": found[first : first + self.page]} | more

    def _switch(self, asked: Asked, *, enabled: bool) -> None:
        for name in asked["AlarmNames"]:
            known = self.fake.alarms.known
            known[name.removeprefix("tiny-")] = replace(known[name.removeprefix("tiny-")], enabled=enabled)


def item(name: str, at: datetime, old: str, new: str, reason: str = "") -> Asked:
    """Return one change of state as CloudWatch's history has it."""
    states = {"oldState": {"stateValue": old}, "newState": {"stateValue": new, "stateReason": reason}}
    return {
        "AlarmName": name,
        "AlarmType": "MetricAlarm",
        "Timestamp": at,
        "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from {old} to {new}",
        "HistoryData": json.dumps({"version": "1.0", **states}),
    }


def document(alarm: AlarmView, **changed: Any) -> Asked:
    """Return an alarm as CloudWatch has it."""
    name = f"tiny-{alarm.name}"
    common = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{NUMBER}:alarm:{name}",
        "AlarmDescription": alarm.description,
        "ActionsEnabled": alarm.enabled,
        "StateValue": alarm.state.value,
        "StateReason": alarm.reason if alarm.since else NEW,
        "StateUpdatedTimestamp": alarm.evaluated or BEGIN,
        "StateTransitionedTimestamp": alarm.since or BEGIN,
    }
    return common | (_composite(alarm) if alarm.threshold is None else _metric(alarm)) | changed


def _metric(alarm: AlarmView) -> Asked:
    reason = {"evaluatedDatapoints": [_point(each) for each in reversed(alarm.datapoints)]}
    return {
        "StateReasonData": json.dumps({"version": "1.0", **reason}),
        "MetricName": "Invocation5XXErrors",
        "Namespace": "AWS/SageMaker",
        "Statistic": "Average",
        "Dimensions": [{"Name": "FunctionName", "Value": "tiny-api"}],
        "Period": 60,
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 3,
        "Threshold": alarm.threshold,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def _point(point: Datapoint) -> Asked:
    told = {"timestamp": f"{point.at:%Y-%m-%dT%H:%M:%S.000%z}"}
    return told if point.value is None else told | {"sampleCount": float(point.samples), "value": point.value}


def _composite(alarm: AlarmView) -> Asked:
    rule, _, suppressor = alarm.condition.partition(", suppressed by ")
    held = {}
    if alarm.suppression and alarm.suppression.by:
        arn = f"arn:aws:cloudwatch:{REGION}:{NUMBER}:alarm:tiny-{suppressor}"
        held = {"ActionsSuppressor": arn, "ActionsSuppressedBy": alarm.suppression.by.value}
    return {"AlarmRule": rule, **held}
