"""What `apply` would do: the rendered stacks beside those in the account, their cost, and what could get stuck."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from shipway.domain import names
from shipway.domain.cost import Estimate, Sizing, Usage, estimate
from shipway.domain.plan import Change, Grant, Plan, Resource, changes, grants
from shipway.domain.price import LISTED
from shipway.domain.project import Project
from shipway.domain.values import JsonObject
from shipway.targets.aws.resources import differences
from shipway.targets.aws.stack_document import read, resources

COUNTED = {
    "AWS::EC2::VPCEndpoint": "network interface endpoint, hour",
    "AWS::KMS::Key": "key, month",
    "AWS::CloudWatch::Alarm": "alarm, month",
    "AWS::CloudWatch::CompositeAlarm": "alarm on alarms, month",
    "AWS::CloudWatch::Dashboard": "dashboard, month",
    "AWS::SecretsManager::Secret": "secret, month",
    "AWS::Lambda::EventSourceMapping": "queue that a function empties, month",
}
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One stack as the account has it. template: its text; parameters: their values."""

    status: str
    template: str
    parameters: Mapping[str, str]


@cache
def fixed() -> Mapping[str, Sequence[str]]:
    """Return type -> the properties that only a replacement changes, as CloudFormation's schemas say."""
    text = (files("shipway.targets.aws") / "replaced.json").read_text(encoding="utf-8")
    found: Mapping[str, Sequence[str]] = json.loads(text)["types"]
    return found


def planned(
    project: Project,
    rendered: Mapping[str, str],
    values: Mapping[str, str],
    deployed: Mapping[str, Deployed] | None,
    note: str = "",
) -> Plan:
    """Return the plan.

    rendered: concern -> the stack's text. values: of the parameters that the project decides.
    deployed: concern -> what the account has; None: the account could not be asked, `note` says why.
    """
    there = deployed or {}
    made: list[Resource] = []
    gains: set[Grant] = set()
    losses: set[Grant] = set()
    for concern in (each for each in names.STACKS if each in rendered):
        new = resources(read(rendered[concern]))
        old = resources(read(there[concern].template)) if concern in there else {}
        made += changes(concern, old, new, fixed(), _moved(there.get(concern), values))
        gains |= grants(new) - grants(old)
        losses |= grants(old) - grants(new)
    everything = {concern: resources(read(text)) for concern, text in rendered.items()}
    return Plan(
        resources=tuple(made),
        gains=tuple(sorted(gains)),
        losses=tuple(sorted(losses)),
        cost=_cost(project, sizing(project, everything)),
        stuck=tuple(stuck(project, made, everything, there)),
        differences=tuple(f"{path}: {said}" for path, said in differences.told(project)),
        compared=deployed is not None,
        note=note,
    )


def _cost(project: Project, sized: Sizing) -> Estimate:
    """Return the bill, which says so where the prices are another region's."""
    made = estimate(sized, Usage(), LISTED)
    if project.aws.region == made.region:
        return made
    elsewhere = f"prices of {made.region}: those of {project.aws.region} differ, often by a tenth or two"
    return replace(made, assumed=(elsewhere, *made.assumed))


def _moved(deployed: Deployed | None, values: Mapping[str, str]) -> frozenset[str]:
    before = deployed.parameters if deployed else {}
    return frozenset(name for name, value in before.items() if name in values and values[name] != value)


def sizing(project: Project, rendered: Mapping[str, Mapping[str, JsonObject]]) -> Sizing:
    """Return what is paid for, read from the stacks and the project."""
    kinds = [str(each.get("Type")) for stack in rendered.values() for each in stack.values()]
    counted = {price: kinds.count(kind) for kind, price in COUNTED.items()}
    counted["NAT gateway, hour"] = counted["public address, hour"] = project.aws.nat_gateways
    counted["network interface endpoint, hour"] = sum(
        _zones(each)
        for stack in rendered.values()
        for each in stack.values()
        if each.get("Type") == "AWS::EC2::VPCEndpoint"
    )
    return Sizing(
        dev=(project.endpoint.dev.instance_type, 1),
        prod=(project.endpoint.prod.instance_type, 1),
        processing=project.processing.instance_type,
        training=project.training.instance_type,
        monitor=project.processing.instance_type if project.monitoring.enabled else "",
        function_megabytes=int(project.function.memory) // 2**20,
        counted=counted,
    )


def _zones(endpoint: JsonObject) -> int:
    """Return in how many zones a network endpoint is paid for: interfaces in two, gateways (S3) in none."""
    properties = endpoint.get("Properties")
    kind = properties.get("VpcEndpointType") if isinstance(properties, dict) else None
    return 2 if kind == "Interface" else 0


def stuck(
    project: Project,
    made: Sequence[Resource],
    rendered: Mapping[str, Mapping[str, JsonObject]],
    deployed: Mapping[str, Deployed],
) -> Iterator[str]:
    """Yield what could keep a stack from settling, a sentence each with what to do."""
    for concern, each in deployed.items():
        if each.status in BROKEN:
            yield f"stack {names.stack(project.name, concern)} is {each.status}: apply deletes it first if it never was"
    for resource in made:
        named = _fixed_name(resource, rendered)
        if named:
            yield (
                f"{resource.stack}: {resource.name} is replaced and keeps its {named}: CloudFormation makes the new "
                "one first, which then finds its name taken; delete the old one before"
            )
        elif resource.change is Change.REPLACE and resource.type in ("AWS::S3::Bucket", "AWS::EFS::FileSystem"):
            yield f"{resource.stack}: {resource.name} is replaced: what is in it does not move along"
    if project.notifications.mail:
        yield "each mail address must confirm its subscription once, or it gets nothing"
    if str(project.aws.source) == "connection":
        yield "a new connection must be confirmed in the console once; until then a run fails at Source"
    kinds = sorted({project.endpoint.dev.instance_type, project.endpoint.prod.instance_type})
    yield f"new accounts may have a quota of 0 for endpoints on {' and '.join(kinds)}: ask for it in Service Quotas"
    yield "the first endpoint in an account needs iam:CreateServiceLinkedRole for autoscaling"


def _fixed_name(resource: Resource, rendered: Mapping[str, Mapping[str, JsonObject]]) -> str:
    """Return the property that names a replaced resource and does not change, "" where there is none."""
    if resource.change is not Change.REPLACE:
        return ""
    properties = rendered[resource.stack][resource.name].get("Properties")
    given = properties if isinstance(properties, dict) else {}
    own = [key for key in fixed().get(resource.type, ()) if key.endswith("Name") or key == "Name"]
    return next((key for key in own if key in given and key not in resource.why), "")
