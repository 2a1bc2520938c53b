"""Every resource, also with the longest names, as CloudFormation's own schemas want it; and where its type exists."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.ladder.environment import inside
from tests.ladder.outcome import Outcome
from tests.ladder.resolve import Stack
from tests.ladder.workbench import Bench

from shipway.targets.aws.resources import limits

MANAGED, CODECOMMIT = "AWS::SageMaker::MonitoringSchedule", "AWS::CodeCommit::Repository"


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return names that do not fit, values that are not taken, and regions that the limits know wrongly."""
    said = {bench.name: held(bench) for bench in benches}
    problems = [f"{name}: {each}" for name, found in said.items() for each in found["problems"]]
    types = {kind for found in said.values() for kind in found["handlers"]}
    regions = {
        region: {kind for found in said.values() for kind in found["regions"][region]}
        for region in said["flights"]["regions"]
    }
    problems += _regions(regions)
    return Outcome(
        f"{len(types)} types of resources in {len(limits.REGIONS)} regions, {len(problems)} problems", problems
    )


@cache
def held(bench: Bench) -> dict[str, Any]:
    """Return what the schemas say of a bench's resources."""
    return told(bench.stacks, bench.folder)


def told(stacks: Mapping[str, Stack], folder: Path) -> dict[str, Any]:
    """Return what the schemas say of stacks: problems, handlers by type, and by region the types that it lacks."""
    file = folder / "resources.json"
    file.write_text(json.dumps({name: stack.resources for name, stack in stacks.items()}))
    found: dict[str, Any] = json.loads(inside("lint", "schemas", str(file)))
    return found


def _regions(missing: dict[str, set[str]]) -> list[str]:
    problems = []
    for region in sorted(limits.REGIONS):
        allowed: set[str] = set()
        if region not in limits.EVERYTHING:
            allowed |= {MANAGED}
        if region in limits.NO_CODECOMMIT:
            allowed |= {CODECOMMIT}
        if region not in missing:
            problems.append(f"{region} is no region")
        elif missing[region] - allowed:
            problems.append(f"{region} lacks {', '.join(sorted(missing[region] - allowed))}")
    return problems
