"""The stack of who is told by mail, and of one alarm for each feature that may drift."""

from collections.abc import Iterator, Sequence

from shipway.domain.alarm import Alarm
from shipway.domain.alarm_settings import own_alarms
from shipway.domain.names import drift_metric
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject, canonical
from shipway.targets.aws.resources.block import block, ref, sub
from shipway.targets.aws.resources.monitoring import NAMESPACE

RULE_LIMIT = 10_240  # characters of a composite alarm's rule; CloudWatch API reference, PutCompositeAlarm
CHILDREN_LIMIT = 100  # alarms that one composite alarm names; CloudWatch user guide, "Combining alarms"


def alarms(project: Project) -> str:
    """Return the stack's text."""
    resources: dict[str, Json] = {}
    for number, address in enumerate(project.notifications.mail, 1):
        resources[f"Mail{number}"] = _subscription(address)
    watched = drift_alarms(project)
    for number, alarm in enumerate(watched, 1):
        resources[f"Drift{number}"] = _alarm(alarm)
    resources |= _together(project, watched)
    said = {
        "Project": "The project's name; everything is named after it.",
        "TopicArn": "Where mails to people are sent from.",
    }
    text = canonical(resources)
    parameters = {name: why for name, why in said.items() if f'"{name}"' in text or f"${{{name}}}" in text}
    return block(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": f"Who hears of {project.name}, and which features are watched for drift.",
            "Parameters": {name: {"Type": "String", "Description": why} for name, why in parameters.items()},
            "Resources": resources or {"Nobody": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        }
    )


def drift_alarms(project: Project) -> list[Alarm]:
    """Return the alarms on drift that the project has on every target."""
    return [alarm for alarm in own_alarms(project) if alarm.series.name.startswith(drift_metric(""))]


def _subscription(address: str) -> JsonObject:
    properties: JsonObject = {"TopicArn": ref("TopicArn"), "Protocol": "email", "Endpoint": address}
    return {"Type": "AWS::SNS::Subscription", "Properties": properties}


def _alarm(alarm: Alarm) -> JsonObject:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": sub(f"${{Project}}-{alarm.name}"),
            "AlarmDescription": alarm.description.capitalize(),
            "Namespace": NAMESPACE,
            "MetricName": alarm.series.name,
            "Dimensions": [{"Name": "Project", "Value": ref("Project")}],
            "Statistic": alarm.statistic,
            "Period": int(alarm.period.total_seconds()),
            "EvaluationPeriods": alarm.evaluation_periods,
            "DatapointsToAlarm": alarm.datapoints_to_alarm,
            "ComparisonOperator": str(alarm.comparison),
            "Threshold": alarm.threshold,
            "TreatMissingData": str(alarm.missing),
        },
    }


def _together(project: Project, watched: Sequence[Alarm]) -> dict[str, Json]:
    """Return one alarm over all: it mails and retrains once, however many features drift in the same hour.

    A rule has room for so many alarms only: more of them are combined in groups first.
    """
    groups = list(grouped([f"{project.name}-{alarm.name}" for alarm in watched]))
    if not groups:
        return {}
    if len(groups) == 1:
        return {"Drift": _composite(f"{project.name}-drift", groups[0], [f"Drift{n + 1}" for n in range(len(watched))])}
    resources: dict[str, Json] = {}
    first = 1
    for number, group in enumerate(groups, 1):
        members = [f"Drift{first + each}" for each in range(len(group))]
        resources[f"DriftGroup{number}"] = _composite(
            f"{project.name}-drift-group-{number}", group, members, tell=False
        )
        first += len(group)
    names = [f"{project.name}-drift-group-{number}" for number in range(1, len(groups) + 1)]
    members = [f"DriftGroup{number}" for number in range(1, len(groups) + 1)]
    return resources | {"Drift": _composite(f"{project.name}-drift", names, members)}


def grouped(names: Sequence[str]) -> Iterator[list[str]]:
    """Yield the names in groups that one composite alarm's rule can hold."""
    group: list[str] = []
    for name in names:
        if group and (len(group) == CHILDREN_LIMIT or len(rule([*group, name])) > RULE_LIMIT):
            yield group
            group = []
        group.append(name)
    if group:
        yield group


def rule(names: Sequence[str]) -> str:
    """Return the rule: any of these alarms."""
    return " OR ".join(f'ALARM("{name}")' for name in names)


def _composite(name: str, names: Sequence[str], members: Sequence[str], *, tell: bool = True) -> JsonObject:
    tells: JsonObject = {"AlarmActions": [ref("TopicArn")]} if tell else {}
    return {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "DependsOn": [*members],
        "Properties": {
            "AlarmName": name,
            "AlarmDescription": "At least one feature has moved away from the baseline",
            "AlarmRule": rule(names),
            **tells,
        },
    }
