"""What `apply` would do to an account: decided before anything is touched. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shipway.domain.cost import Estimate
from shipway.domain.values import Json, JsonObject, canonical


class Change(StrEnum):
    """What becomes of one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of a stack. name: within its stack. why: the properties that change, perhaps empty."""

    stack: str
    name: str
    type: str
    change: Change
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One permission of one role. resource: ARN, in which ${...} is filled by CloudFormation."""

    role: str
    action: str
    resource: str
    effect: str = "Allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that `apply` would do.

    compared: whether the account was asked what is there; note: why not. gains, losses: permissions.
    stuck: what could keep a stack from settling, in sentences. differences: what AWS does otherwise than shipway.toml.
    """

    resources: tuple[Resource, ...]
    gains: tuple[Grant, ...]
    losses: tuple[Grant, ...]
    cost: Estimate
    stuck: tuple[str, ...]
    differences: tuple[str, ...]
    compared: bool
    note: str = ""

    def counted(self) -> dict[str, int]:
        """Return how many resources each change has."""
        return {str(change): sum(each.change is change for each in self.resources) for change in Change}


def changes(
    stack: str,
    old: Mapping[str, JsonObject],
    new: Mapping[str, JsonObject],
    fixed: Mapping[str, Sequence[str]],
    moved: frozenset[str] = frozenset(),
) -> tuple[Resource, ...]:
    """Return what becomes of each resource of a stack.

    old, new: name within the stack -> {"Type", "Properties"}; nothing deployed means an empty `old`.
    fixed: type -> properties that only a replacement changes. moved: parameters whose value changes.
    A property that names a resource which is replaced is taken as changed: its value will be another one.
    """
    found = {name: _change(stack, name, old.get(name), new.get(name), fixed, moved) for name in {**old, **new}}
    replaced = {name for name, each in found.items() if each.change is Change.REPLACE}
    while replaced:
        again = {
            name: _change(stack, name, old[name], new[name], fixed, moved | replaced) for name in new if name in old
        }
        grown = {name for name, each in again.items() if each.change is Change.REPLACE}
        found |= again
        if grown == replaced:
            break
        replaced = grown
    return tuple(found[name] for name in sorted(found))


def _change(
    stack: str,
    name: str,
    old: JsonObject | None,
    new: JsonObject | None,
    fixed: Mapping[str, Sequence[str]],
    moved: frozenset[str],
) -> Resource:
    kind = str((new or old or {}).get("Type", ""))
    if old is None or new is None:
        change = Change.CREATE if old is None else Change.DELETE
        return Resource(stack=stack, name=name, type=kind, change=change)
    before, after = _properties(old), _properties(new)
    why = tuple(
        sorted(
            key
            for key in {**before, **after}
            if canonical(before.get(key)) != canonical(after.get(key)) or mentions(after.get(key)) & moved
        )
    )
    replaces = old.get("Type") != kind or any(key in fixed.get(kind, ()) for key in why)
    change = Change.REPLACE if replaces else Change.UPDATE if why else Change.SAME
    return Resource(stack=stack, name=name, type=kind, change=change, why=why)


def _properties(resource: JsonObject) -> JsonObject:
    found = resource.get("Properties")
    return found if isinstance(found, dict) else {}


def mentions(value: Json) -> frozenset[str]:
    """Return the names of parameters and resources that a property refers to."""
    found: set[str] = set()
    for key, inner in _pairs(value):
        if key == "Ref" and isinstance(inner, str):
            found.add(inner)
        elif key == "Fn::GetAtt":
            found.add(str(inner[0]) if isinstance(inner, list) else str(inner).partition(".")[0])
        elif key == "Fn::Sub":
            text = str(inner[0]) if isinstance(inner, list) else str(inner)
            found |= {part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:]}
    return frozenset(found)


def _pairs(value: Json) -> Iterable[tuple[str, Json]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _pairs(inner)
    elif isinstance(value, list):
        for each in value:
            yield from _pairs(each)


def grants(resources: Mapping[str, JsonObject]) -> frozenset[Grant]:
    """Return every permission that the roles of a stack get in their own policies, managed policies by their name."""
    found: set[Grant] = set()
    for name, resource in resources.items():
        properties = _properties(resource)
        if resource.get("Type") not in ("AWS::IAM::Role", "AWS::Serverless::Function"):
            continue
        for policy in _list(properties.get("Policies")):
            document = policy.get("PolicyDocument", policy) if isinstance(policy, dict) else None
            statements = _list(document.get("Statement")) if isinstance(document, dict) else []
            found |= {grant for statement in statements for grant in _granted(name, statement)}
        for managed in _list(properties.get("ManagedPolicyArns")):
            found.add(Grant(name, "(managed policy)", _text(managed)))
    return frozenset(found)


def _granted(role: str, statement: Json) -> Iterable[Grant]:
    if not isinstance(statement, dict):
        return
    effect = str(statement.get("Effect", "Allow"))
    for action in _list(statement.get("Action")):
        for resource in _list(statement.get("Resource")):
            yield Grant(role, str(action), _text(resource), effect)


def _text(resource: Json) -> str:
    """Return a resource as people read it: "${KeyArn}" for a reference, the text itself for a substitution."""
    match resource:
        case str():
            return resource
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": str(text)}:
            return text
    return canonical(resource)


def _list(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
