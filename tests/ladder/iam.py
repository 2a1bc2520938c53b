"""A small evaluator of IAM policies: identity policies of one role, with wildcards, NotAction and simple conditions.

Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements reference".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, its elements as lists."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]
    sid: str = ""

    def matches(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        """Tell whether the statement speaks of this call. resource: an ARN, `*` in it stands for an unknown id."""
        return (
            any(_like(pattern, action, ignore_case=True) for pattern in self.actions)
            and any(_like(pattern, resource) for pattern in self.resources)
            and all(_holds(operator, keys, context) for operator, keys in self.conditions.items())
        )


def statements(document: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield a policy document's statements."""
    for each in _listed(document["Statement"]):
        yield Statement(
            effect=each["Effect"],
            actions=tuple(_listed(each["Action"])),
            resources=tuple(_listed(each.get("Resource", "*"))),
            conditions=each.get("Condition", {}),
            sid=each.get("Sid", ""),
        )


def allowed(policy: Sequence[Statement], action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    """Tell whether a role with these statements may do this: some Allow matches, and no Deny."""
    matching = [each.effect for each in policy if each.matches(action, resource, context or {})]
    return "Allow" in matching and "Deny" not in matching


def policies(role: Mapping[str, Any]) -> list[Statement]:
    """Return the statements of an AWS::IAM::Role's inline policies."""
    inline = role["Properties"].get("Policies", [])
    return [statement for policy in inline for statement in statements(policy["PolicyDocument"])]


def _holds(operator: str, keys: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Tell whether a condition holds; a key that the call does not have is a condition that does not."""
    if operator not in ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool"):
        raise ValueError(f"the evaluator does not know {operator}")
    return all(
        key in context and any(_like(str(wanted), context[key]) for wanted in _listed(values))
        for key, values in keys.items()
    )


@cache
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:
    inner = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text)
    return re.compile(inner, re.IGNORECASE if ignore_case else 0)


def _like(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    # An id that nobody knows before is `*` in the resource: it is allowed when the pattern's own `*` covers it.
    return bool(_pattern(pattern, ignore_case).fullmatch(text))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
