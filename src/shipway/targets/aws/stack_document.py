"""CloudFormation templates as documents: YAML with the short forms of intrinsic functions, written out."""

from collections.abc import Mapping
from typing import Any

import yaml

from shipway.domain.values import JsonObject


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml: ten times as fast
    """Reads "!Ref X" as {"Ref": "X"} and "!GetAtt A.B" as {"Fn::GetAtt": ["A", "B"]}; dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _intrinsic(loader: Any, suffix: str, node: Any) -> Any:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if name == "Fn::GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


def read(text: str) -> JsonObject:
    """Return a template as a document."""
    document: JsonObject = yaml.load(text, Loader=_Loader)  # noqa: S506  a subclass of SafeLoader
    return document


def resources(template: Mapping[str, Any]) -> dict[str, JsonObject]:
    """Return the resources of a template by their names."""
    return dict(template.get("Resources", {}))


def required(template: Mapping[str, Any]) -> set[str]:
    """Return the names of parameters that have no default."""
    return {name for name, each in template.get("Parameters", {}).items() if "Default" not in each}
