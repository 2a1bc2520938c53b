"""The stack of who is told by mail, and of the alarms that outlive a release: drift, and the project's own."""

from collections.abc import Iterator, Mapping, Sequence

from shipway.domain.alarm import Alarm
from shipway.domain.alarm_rule import renamed
from shipway.domain.alarm_settings import ERRORS, SLOW
from shipway.domain.alarm_suppression import Suppressor
from shipway.domain.names import drift_metric
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject, canonical
from shipway.targets.aws.functions.catalogue import TELL_PEOPLE
from shipway.targets.aws.resources import aside
from shipway.targets.aws.resources.alarm import logical, on_alarms, on_metric
from shipway.targets.aws.resources.alarm_place import OF_PROD, TOGETHER, Places, places
from shipway.targets.aws.resources.aside import UNHANDLED
from shipway.targets.aws.resources.block import block, lines, ref, sub
from shipway.targets.aws.resources.metric import Published, of_project, of_release
from shipway.targets.aws.resources.platform import HERE, rule
from shipway.targets.aws.resources.webhooks import webhooks

RULE_LIMIT = 10_240  # characters of a composite alarm's rule; CloudWatch API reference, PutCompositeAlarm
CHILDREN_LIMIT = 100  # alarms that one composite alarm names; CloudWatch user guide, "Combining alarms"
BY_PROD = (ERRORS, SLOW)  # alarms of the prod stack tell of the same, and name the release
OWN, DRIFT, SOME = "Alarm", "Drift", "SomeDrift"  # what their names within the stack begin with
SAID = {
    "Project": "The project's name; everything is named after it.",
    "KeyArn": "The key of all that the project keeps.",
    "TopicArn": "Where mails to people are sent from.",
    "AssetBucket": "Name of the bucket with the functions' archive.",
    "FunctionsKey": "The key of the functions' archive; it is named by its content.",
    "KeepLogsDays": "How long logs are kept, in days.",
    "NoticeKinds": "The kinds of notices that webhooks get, with blanks between; empty for all.",
}
NUMBERS = {"KeepLogsDays": "Number"}
RELEASE = f"${{Project}}-{OF_PROD}${{Release}}-own-"


def alarms(project: Project) -> str:
    """Return the stack's text."""
    found = places(project)
    resources: dict[str, Json] = {}
    for number, address in enumerate(project.notifications.mail, 1):
        resources[f"Mail{number}"] = _subscription(address)
    resources |= _drift(project, found.drift)
    resources |= _own(project, found)
    resources |= _over(project, found)
    resources |= aside.alarm(UNHANDLED)
    resources |= webhooks(project)
    text = canonical(resources)
    used = {name: why for name, why in SAID.items() if f'"{name}"' in text or f"${{{name}}}" in text}
    return block(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": f"Who hears of {project.name}, and what is watched whatever release is live.",
            "Parameters": {
                name: {"Type": NUMBERS.get(name, "String"), "Description": why} for name, why in used.items()
            },
            "Resources": resources or {"Nobody": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        }
    )


def _subscription(address: str) -> JsonObject:
    properties: JsonObject = {"TopicArn": ref("TopicArn"), "Protocol": "email", "Endpoint": address}
    return {"Type": "AWS::SNS::Subscription", "Properties": properties}


def _lasting(project: Project, alarm: Alarm, *, tell: bool) -> JsonObject:
    return on_metric(alarm, _known(of_project(alarm.series, project.name)), f"${{Project}}-{alarm.name}", tell=tell)


def _known(published: Published | None) -> Published:
    """Return where the metric is, of an alarm that `places` has found a place for."""
    if published is None:
        raise ValueError("an alarm without a metric has no place")
    return published


def _own(project: Project, found: Places) -> dict[str, Json]:
    """Return the alarms that every project has, and those of [[alarms]]; a written one takes the other's name."""
    tells = set(_telling(project, found))
    short = logical(OWN, [*(each.name for each in found.project), *(each.name for each in found.composites)])
    plain = {short[each.name]: _lasting(project, each, tell=each.name in tells) for each in found.project}
    known = short | _features(found.drift)
    rules = {
        short[each.name]: on_alarms(
            sub(f"${{Project}}-{each.name}"),
            each.description or each.rule,
            sub(owned_rule(each.rule, "${Project}")),
            [known[name] for name in each.named if name in known],
            tell=each.name in tells,
            suppressed=_suppressed(each.suppressor),
        )
        for each in found.composites
    }
    return {**plain, **rules}


def _over(project: Project, found: Places) -> JsonObject:
    """Return the rule that has people told when an alarm is over that they were told of.

    As an action of the alarms themselves it would be told of each new alarm, which is OK for the first time.
    """
    tells = set(_telling(project, found))
    lasting = [*(each.name for each in found.project), *(each.name for each in found.composites)]
    silent = [drift_metric("*"), f"{TOGETHER}-group-*", *(name for name in lasting if name not in tells)]
    silent += [f"{OF_PROD}*-own-{each.name}" for each in (*found.release, *found.machine) if not _tells(each, found)]
    pattern: JsonObject = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "resources": [{"prefix": sub(f"arn:${{AWS::Partition}}:cloudwatch:{HERE}:alarm:${{Project}}-")}],
        "detail": {
            "alarmName": [{"anything-but": {"wildcard": [sub(f"${{Project}}-{each}") for each in silent]}}],
            "state": {"value": ["OK"]},
            "previousState": {"value": ["ALARM"]},
        },
    }
    return rule("Cleared", "on-alarm-over", "An alarm is over", {"EventPattern": pattern}, TELL_PEOPLE, here=False)


def _telling(project: Project, found: Places) -> list[str]:
    """Return the names of the alarms beside drift that outlive a release and tell people."""
    written = {each.name for each in project.alarms}
    plain = [each.name for each in found.project if each.notify and (each.name in written or each.name not in BY_PROD)]
    return [*plain, *(each.name for each in found.composites if each.notify)]


def _tells(alarm: Alarm, found: Places) -> bool:
    """Return whether people hear of an alarm on a release: of its answers the project's alarm tells as well."""
    return alarm.notify and alarm in found.machine


def _suppressed(suppressor: Suppressor | None) -> JsonObject:
    """Return what keeps an alarm from telling, in CloudWatch's words: empty where nothing does."""
    if suppressor is None:
        return {}
    return {
        "ActionsSuppressor": sub(f"${{Project}}-{suppressor.alarm}"),
        "ActionsSuppressorWaitPeriod": int(suppressor.wait.total_seconds()),
        "ActionsSuppressorExtensionPeriod": int(suppressor.extension.total_seconds()),
    }


def _features(watched: Sequence[Alarm]) -> dict[str, str]:
    """Return what the alarms on drift are called within the stack: by their features."""
    short = logical(DRIFT, (each.name.removeprefix(drift_metric("")) for each in watched))
    return {drift_metric(feature): within for feature, within in short.items()}


def _drift(project: Project, watched: Sequence[Alarm]) -> dict[str, Json]:
    short = _features(watched)
    single = {short[each.name]: _lasting(project, each, tell=False) for each in watched}
    return {**single, **_together(project, short)}


def _together(project: Project, short: Mapping[str, str]) -> dict[str, Json]:
    """Return one alarm over all: it mails and retrains once, however many features drift in the same hour.

    A rule has room for so many alarms only: more of them are combined in groups first.
    """
    names = {f"{project.name}-{name}": within for name, within in short.items()}
    groups = list(grouped(list(names)))
    if not groups:
        return {}
    if len(groups) == 1:
        return {DRIFT: _any_drift(f"{project.name}-{TOGETHER}", groups[0], [*names.values()])}
    resources: dict[str, Json] = {}
    for number, group in enumerate(groups, 1):
        members = [names[each] for each in group]
        name = f"{project.name}-{TOGETHER}-group-{number}"
        resources[f"{SOME}{number}"] = _any_drift(name, group, members, tell=False)
    whole = [f"{project.name}-{TOGETHER}-group-{number}" for number in range(1, len(groups) + 1)]
    return resources | {DRIFT: _any_drift(f"{project.name}-{TOGETHER}", whole, [*resources])}


def _any_drift(name: str, names: Sequence[str], members: Sequence[str], *, tell: bool = True) -> JsonObject:
    text = "At least one feature has moved away from the baseline"
    return on_alarms(name, text, any_of(names), members, tell=tell)


def grouped(names: Sequence[str]) -> Iterator[list[str]]:
    """Yield the names in groups that one composite alarm's rule can hold."""
    group: list[str] = []
    for name in names:
        if group and (len(group) == CHILDREN_LIMIT or len(any_of([*group, name])) > RULE_LIMIT):
            yield group
            group = []
        group.append(name)
    if group:
        yield group


def any_of(names: Sequence[str]) -> str:
    """Return the rule: any of these alarms."""
    return " OR ".join(f'ALARM("{name}")' for name in names)


def owned_rule(text: str, project: str) -> str:
    """Return a rule of [[alarms]] with the names that its alarms have on AWS."""
    return renamed(text, lambda name: f"{project}-{name}")


def of_prod(project: Project) -> dict[str, str]:
    """Return what the prod stack has of a project's own alarms, as lines for its places.

    Alarms on the release's endpoint, and those that stop its deployment.
    """
    found = places(project)
    short = logical("Own", (each.name for each in (*found.release, *found.machine)))
    resources: dict[str, Json] = {}
    for each in (*found.release, *found.machine):
        tell = each.notify and each in found.machine  # of a release's answers the project's alarm tells as well
        resources[short[each.name]] = on_metric(
            each, _known(of_release(each.series)), f"{RELEASE}{each.name}", tell=tell
        )
    machine = {each.name for each in found.machine}
    stops: list[Json] = [ref(short[each.name]) for each in found.release]
    stops += [
        ref(short[name]) if name in machine else sub(f"${{Project}}-{name}") for name in project.deployment.alarms
    ]
    return {"alarms.release": lines(resources, 1), "alarms.shift": lines(stops, 5)}
