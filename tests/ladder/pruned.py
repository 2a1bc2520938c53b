"""A stack as an emulator can take it: without the types that it does not know, their references made up."""

import re
from collections.abc import Collection
from typing import Any

from tests.ladder.resolve import NOTHING, Stack

VARIABLE = re.compile(r"\$\{([^!}]+)\}")


def pruned(stack: Stack, document: Any, known: Collection[str] | None, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the template of those resources that are made here and whose type is known; None knows every type."""
    kept = {
        name
        for name in stack.resources
        if (known is None or stack.kinds[name] in known) and stack.kinds[name] not in without
    }
    resources = {}
    for name in sorted(kept):
        resource = document["Resources"][name]
        made: dict[str, Any] = {"Type": resource["Type"]}
        if "Properties" in resource:
            made["Properties"] = _literal(resource["Properties"], stack, kept)
        depends = resource.get("DependsOn", [])
        depends = [each for each in ([depends] if isinstance(depends, str) else depends) if each in kept]
        resources[name] = made | ({"DependsOn": depends} if depends else {})
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def _literal(value: Any, stack: Stack, kept: Collection[str]) -> Any:  # noqa: PLR0911  one return a kind of value
    if isinstance(value, list):
        return [each for each in (_literal(each, stack, kept) for each in value) if each is not NOTHING]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, part),) = value.items()
        if kind == "Fn::If":
            return _literal(part[1] if stack.holds(part[0]) else part[2], stack, kept)
        if kind == "Ref":
            return value if part in kept else stack.worked_out(value)
        if kind == "Fn::GetAtt":
            return (
                value
                if str(part[0] if isinstance(part, list) else part.partition(".")[0]) in kept
                else stack.worked_out(value)
            )
        if kind == "Fn::Sub":
            return _text(part, stack, kept)
        if kind.startswith("Fn::"):
            return stack.worked_out(value) if not _mentions(part, kept) else {kind: _literal(part, stack, kept)}
    made = {key: _literal(each, stack, kept) for key, each in value.items()}
    return {key: each for key, each in made.items() if each is not NOTHING}


def _text(part: Any, stack: Stack, kept: Collection[str]) -> Any:
    if not isinstance(part, str):
        return stack.worked_out({"Fn::Sub": part})
    text = VARIABLE.sub(
        lambda found: found[0] if found[1].partition(".")[0] in kept else str(stack.worked_out({"Fn::Sub": found[0]})),
        part,
    )
    return {"Fn::Sub": text} if VARIABLE.search(text) else text


def _mentions(value: Any, names: Collection[str]) -> bool:
    if isinstance(value, dict):
        return any((key == "Ref" and each in names) or _mentions(each, names) for key, each in value.items())
    if isinstance(value, list):
        return any(_mentions(each, names) for each in value)
    return isinstance(value, str) and value in names
