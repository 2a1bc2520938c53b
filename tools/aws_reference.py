"""The page on what the aws target makes: each stack with its parameters and resources, read from the templates."""

import re
from collections.abc import Iterator

from shipway.domain import names
from shipway.domain.notice import NotificationSettings
from shipway.domain.project import DataSettings, FeatureType, Project
from shipway.targets.aws.resources import differences, limits
from shipway.targets.aws.resources.documents import stacks

ROW = re.compile(
    r"^  (\w+):\n(?:    (?!Description).*\n)*    Description: (?:>-\n)?((?:.*\n)(?:      .*\n)*)", re.MULTILINE
)
EXAMPLE = Project(
    name="my-model",
    data=DataSettings(features={"distance": FeatureType.NUMBER}),
    notifications=NotificationSettings(mail=("ml@example.org",)),
)


def aws_resources() -> str:
    """Return the page."""
    texts = stacks(EXAMPLE)
    lines = [
        "# What the aws target makes",
        "",
        "One CloudFormation stack a concern, called after the project: `my-model-foundation`. `dev`, `prod` and",
        "`workflow` are changed by the release pipeline, the others by `shipway apply`, in this order. The templates",
        "are [plain files](../../src/shipway/targets/aws/resources/stacks) but for `functions` and `alarms`, which are",
        "made from lists.",
    ]
    for name in names.STACKS:
        lines += ["", *_stack(name, texts[name])]
    lines += [
        "",
        "## Limits",
        "",
        "Checked before anything is made.",
        "",
        "| key | at most | source |",
        "|---|---|---|",
    ]
    lines += [f"| `{each.path}` | {each.most:g} {each.what} | {each.source} |" for each in limits.LIMITS]
    lines += ["", f"Regions: {', '.join(sorted(limits.REGIONS))}.", "", "## What AWS reads otherwise", ""]
    lines += ["What a project says that means something else there, or nothing; `shipway plan` tells it.", ""]
    lines += [
        "| key | on AWS |",
        "|---|---|",
        *(f"| `{each.path}` | {each.said} |" for each in differences.DIFFERENCES),
    ]
    return "\n".join(lines) + "\n"


def _stack(name: str, text: str) -> Iterator[str]:
    said = re.search(r"^Description: (?:>-\n)?((?:.*\n)(?:  .*\n)*)", text, re.MULTILINE)
    yield f"## {name}"
    yield ""
    yield " ".join(said[1].split()).strip('"') if said else ""
    head, _, body = text.partition("\nResources:\n")
    rows = re.findall(
        r"^  (\w+):\n(?:    (?!Description).*\n)*    Description: (?:>-\n)?((?:.*\n)(?:      .*\n)*)",
        head + "\n",
        re.MULTILINE,
    )
    if rows:
        yield from ("", "| parameter | |", "|---|---|")
        yield from (f"| `{key}` | {' '.join(why.split()).strip(chr(34))} |" for key, why in rows)
    yield from ("", "| resource | type |", "|---|---|")
    for key, kind in re.findall(r"^  (\w+):\n    Type: (\S+)", body.partition("\nOutputs:\n")[0], re.MULTILINE):
        yield f"| {key} | `{kind.strip(chr(34))}` |"
