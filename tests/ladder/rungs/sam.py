"""The SAM translation of prod: a release is a new version of the function, which callers reach through CodeDeploy."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.ladder.outcome import Outcome
from tests.ladder.workbench import Bench

VERSION, ALIAS = "AWS::Lambda::Version", "AWS::Lambda::Alias"


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return what is not as it must be in the expanded template."""
    bench = benches[0]
    following = replace(bench, folder=Path(f"{bench.folder}-next"), release=bench.release + 1)
    following.folder.mkdir(exist_ok=True)
    following.write()
    now, later = (resources(each) for each in (bench, following))
    problems = [*_version(now, later), *_deployment(now)]
    return Outcome(
        f"prod is {len(now)} resources; release {following.release} changes the function's version", problems
    )


def resources(bench: Bench) -> dict[str, Any]:
    """Return the expanded template's resources."""
    document = json.loads((bench.folder / "parsed" / "prod.json").read_text())
    found: dict[str, Any] = document["Resources"]
    return found


def _of(made: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: each for name, each in made.items() if each["Type"] == kind}


def _version(now: dict[str, Any], later: dict[str, Any]) -> list[str]:
    problems = []
    old, new = set(_of(now, VERSION)), set(_of(later, VERSION))
    if old == new:
        problems.append("another release publishes no new version of the function: callers would keep the old one")
    if set(now) - old != set(later) - new:
        problems.append("another release changes more than the function's version")
    (alias,) = _of(later, ALIAS).values()
    if alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0] not in new:
        problems.append("the alias does not lead to the new version")
    return problems


def _deployment(made: dict[str, Any]) -> list[str]:
    (alias,) = _of(made, ALIAS).values()
    update = alias.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
    problems = [
        f"the deployment runs no {hook}"
        for hook in ("BeforeAllowTrafficHook", "AfterAllowTrafficHook")
        if update.get(hook, {}).get("Ref") not in _of(made, "AWS::Lambda::Function")
    ]
    (group,) = _of(made, "AWS::CodeDeploy::DeploymentGroup").values()
    named = json.dumps(group["Properties"]["AlarmConfiguration"])
    watched = ("ReleaseErrors", "ReleaseCrashes", "ReleaseRefusals", "ReleaseLatency")
    problems += [f"the deployment does not watch {alarm}" for alarm in watched if f'"{alarm}"' not in named]
    rollback = group["Properties"]["AutoRollbackConfiguration"]
    if not rollback["Enabled"] or "DEPLOYMENT_STOP_ON_ALARM" not in rollback["Events"]:
        problems.append("an alarm does not take a release back")
    return problems
