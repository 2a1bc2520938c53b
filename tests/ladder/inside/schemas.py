"""Run in the lint environment: resources held against CloudFormation's own schemas; which regions have their types.

Usage: schemas.py FILE     FILE: {stack: {logical id: resource, worked out}}
Prints {"problems": [...], "handlers": {type: {verb: [IAM actions]}}, "regions": {region: [types that it lacks]}}.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import regex
from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend

NUMBERS = re.compile(r"-?\d+(\.\d+)?")


def pattern(_: Any, wanted: str, instance: Any, __: Any) -> Any:
    """Check a text against a pattern in the registry's own dialect, which knows \\p{L}."""
    if isinstance(instance, str) and not regex.search(wanted, instance):
        yield ValidationError(f"{instance!r} does not match {wanted!r}")


VALIDATOR = extend(Draft7Validator, {"pattern": pattern})


def adapted(value: Any, schema: Any, root: Any) -> Any:  # noqa: PLR0911  one return a kind of value
    """Return a value as CloudFormation would turn it before the service sees it: texts that are numbers or booleans."""
    while isinstance(schema, dict) and "$ref" in schema:
        schema = _at(root, schema["$ref"])
    if not isinstance(schema, dict):
        return value
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {key: adapted(each, inner.get(key, {}), root) for key, each in value.items()}
    if isinstance(value, list):
        return [adapted(each, schema.get("items", {}), root) for each in value]
    if isinstance(value, str) and NUMBERS.fullmatch(value) and ("integer" in kinds or "number" in kinds):
        return float(value) if "." in value else int(value)
    if value in ("true", "false") and "boolean" in kinds:
        return value == "true"
    if isinstance(value, int | float) and not isinstance(value, bool) and kinds == ["string"]:
        return str(value)
    return value


def _at(root: Any, reference: str) -> Any:
    found = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    return found


def main() -> None:
    stacks = json.loads(Path(sys.argv[1]).read_text())
    problems, handlers = [], {}
    for stack, resources in stacks.items():
        for name, resource in resources.items():
            kind = resource["Type"]
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
            handlers[kind] = {
                verb: each.get("permissions", []) for verb, each in schema.get("handlers", {}).items() if verb != "list"
            }
            properties = adapted(resource.get("Properties", {}), schema, schema)
            for error in VALIDATOR(schema).iter_errors(properties):
                place = "/".join(str(part) for part in error.absolute_path)
                problems.append(f"{stack}.{name} ({kind}) {place}: {error.message[:200]}")
    types = set(handlers)
    regions = {region: sorted(types - set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))) for region in REGIONS}
    print(json.dumps({"problems": problems, "handlers": handlers, "regions": regions}))


if __name__ == "__main__":
    main()
