"""Run in the lint environment: stacks as JSON, intrinsics in their long form; prod also expanded by the SAM translator.

Usage: load.py FOLDER   (reads stacks/*.yml and values/prod.json in there; writes parsed/*.json, and expanded/*.yml)
"""

import json
import sys
from pathlib import Path
from typing import Any

from cfnlint.decode.cfn_yaml import load
from samtranslator.translator.transform import transform

from shipway.targets.aws.resources.block import block


class NoManagedPolicies:
    """The stacks name every policy themselves."""

    def load(self) -> dict[str, str]:
        return {}


def plain(value: Any) -> Any:
    """Return the document without the linter's marks of lines."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


def expanded(template: Any, values: dict[str, str]) -> Any:
    """Return the template as CloudFormation gets it. What SAM makes of a resource keeps the reasons beside that."""
    reasons = {name: each["Metadata"] for name, each in template["Resources"].items() if "Metadata" in each}
    made = transform(template, values, NoManagedPolicies())
    for name, each in made["Resources"].items():
        origin = next((source for source in sorted(reasons, key=len, reverse=True) if name.startswith(source)), None)
        if origin and "Metadata" not in each:
            each["Metadata"] = reasons[origin]
    return made


def main() -> None:
    folder = Path(sys.argv[1])
    for made in ("parsed", "expanded"):
        (folder / made).mkdir(exist_ok=True)
    for file in sorted((folder / "stacks").glob("*.yml")):
        document = plain(load(str(file)))
        if "Transform" in document:
            values = json.loads((folder / "values" / f"{file.stem}.json").read_text())
            document = expanded(document, values)
            (folder / "expanded" / f"{file.stem}.yml").write_text(block(document))
        (folder / "parsed" / f"{file.stem}.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
