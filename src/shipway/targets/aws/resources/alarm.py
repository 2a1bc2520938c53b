"""One alarm as a resource of a stack: on a metric, or on other alarms."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from shipway.domain.alarm import Alarm, Missing
from shipway.domain.metric import is_percentile
from shipway.domain.metric_catalogue import INVOCATIONS
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.resources.block import ref, sub
from shipway.targets.aws.resources.metric import Published

WORDS = re.compile(r"[A-Za-z0-9]+")


def logical(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """Return each alarm's name within a stack, by the alarm's: no-traffic is NoTraffic behind the prefix.

    It follows from the name alone, so that one more alarm does not rename those behind it: CloudFormation would make
    the new one first, and find its name taken.
    """
    short = {name: prefix + "".join(word[:1].upper() + word[1:] for word in WORDS.findall(name)) for name in names}
    taken = [each.lower() for each in short.values()]
    return {name: each if taken.count(each.lower()) == 1 else each + _told_apart(name) for name, each in short.items()}


def _told_apart(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:6]


def on_metric(alarm: Alarm, published: Published, name: str, *, tell: bool = True) -> JsonObject:
    """Return an alarm on a metric. name: with ${...}. tell: whether the topic hears of it."""
    counted = counting(alarm)
    statistic = "ExtendedStatistic" if is_percentile(alarm.statistic) else "Statistic"
    few: JsonObject = {"EvaluateLowSampleCountPercentile": str(alarm.low_samples)}
    actions: JsonObject = {"AlarmActions": [ref("TopicArn")]}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": sub(name),
            "AlarmDescription": said(alarm),
            **(actions if tell else {}),
            "Namespace": published.namespace,
            "MetricName": published.name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in published.dimensions],
            statistic: alarm.statistic,
            **(few if is_percentile(alarm.statistic) else {}),
            "Period": int(alarm.period.total_seconds()),
            "EvaluationPeriods": alarm.evaluation_periods,
            "DatapointsToAlarm": alarm.datapoints_to_alarm,
            "ComparisonOperator": str(alarm.comparison),
            "Threshold": alarm.threshold * published.scale,
            "TreatMissingData": str(counted.missing),
        },
    }


def on_alarms(
    name: Json,
    text: str,
    rule: Json,
    members: Sequence[str],
    *,
    tell: bool = True,
    suppressed: JsonObject | None = None,
) -> JsonObject:
    """Return an alarm on others. name, rule: with ${...}. members: what they are called within the stack.

    suppressed: the properties that say what keeps it from telling.
    """
    actions: JsonObject = {"AlarmActions": [ref("TopicArn")]}
    return {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "DependsOn": [*members],
        "Properties": {
            "AlarmName": name,
            "AlarmDescription": text,
            "AlarmRule": rule,
            **(actions if tell else {}),
            **(suppressed or {}),
        },
    }


def said(alarm: Alarm) -> str:
    """Return what people are told of an alarm: its description, or what it waits for."""
    text = alarm.description or alarm.condition
    return text[:1].upper() + text[1:]


def counting(alarm: Alarm) -> Alarm:
    """Return the alarm so that a period without a request counts as it does on this machine.

    CloudWatch has no datapoint for it, where this machine has the sum 0.
    """
    if alarm.series.name != INVOCATIONS or alarm.statistic != "Sum" or alarm.missing is not Missing.MISSING:
        return alarm
    breached = alarm.comparison.breached(0.0, alarm.threshold)
    return replace(alarm, missing=Missing.BREACHING if breached else Missing.NOT_BREACHING)
