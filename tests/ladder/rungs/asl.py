"""State machines: by our own check, by two independent ones, and each task's parameters by the services' own models."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import botocore.session
from tests.ladder.environment import node, offline, tools
from tests.ladder.outcome import Outcome
from tests.ladder.rungs.policies import tasks
from tests.ladder.workbench import Bench

from shipway.domain.asl import DocumentInvalid, load
from shipway.domain.errors import ShipwayError
from shipway.targets.local.jsonata import evaluator

DOCUMENTS = ("training.asl.json", "monitor.asl.json")
SERVICES = {"lambda": "lambda", "sagemaker": "sagemaker", "s3": "s3", "cloudwatch": "cloudwatch", "sns": "sns"}


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return what any of them finds."""
    files = [bench.folder / name for bench in benches for name in DOCUMENTS]
    problems = [f"{file.parent.name}/{file.name}: {each}" for file in files for each in problems_of(file)]
    count = sum(len(list(tasks(json.loads(file.read_text())))) for file in files)
    return Outcome(f"{len(files)} state machines, {count} tasks, {len(problems)} problems", problems)


def problems_of(file: Path) -> list[str]:
    """Return everything that is wrong with one document."""
    machine = json.loads(file.read_text())
    return [*ours(machine), *modelled(machine), *statelint(file), *validator(file)]


def ours(machine: Any) -> list[str]:
    """Return what the product's own check finds."""
    try:
        load(machine, jsonata=evaluator())
    except (DocumentInvalid, ShipwayError) as problem:
        return [f"shipway: {problem}"]
    return []


def statelint(file: Path) -> list[str]:
    """Return what statelint finds; it exits with 0 whatever that is."""
    command = [str(tools("lint") / "statelint"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, env=offline(), timeout=120, check=False)
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return [
        f"statelint: {line}"
        for line in lines
        if not re.search(r"^(One|\d+) error|no errors|valid", line, re.IGNORECASE)
    ]


def validator(file: Path) -> list[str]:
    """Return what asl-validator finds."""
    program = node() / "node_modules" / ".bin" / "asl-validator"
    command = ["node", str(program), "--json-path", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, env=offline(), timeout=120, check=False)
    return [] if done.returncode == 0 else [f"asl-validator: {(done.stdout + done.stderr).strip()[:500]}"]


def modelled(machine: Any) -> list[str]:
    """Return parameters of tasks that the service's own model does not know, and those that it misses."""
    session = botocore.session.get_session()
    found = []
    for resource, parameters in tasks(machine):
        match = re.fullmatch(r"arn:aws:states:::(?:aws-sdk:)?(\w+):(\w+?)(?:\.sync(?::2)?)?", resource)
        if match is None or match[1] not in SERVICES:
            found.append(f"models: {resource} is no integration that is known here")
            continue
        model = session.get_service_model(SERVICES[match[1]])
        operation = match[2][0].upper() + match[2][1:]
        if operation not in model.operation_names:
            found.append(f"models: {match[1]} has no operation {operation}")
            continue
        shape = model.operation_model(operation).input_shape
        found += [f"models: {operation} {each}" for each in differences(parameters, shape, "")]
    return found


def differences(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Yield where a value is not of its shape. What is worked out at run time is taken as it is."""
    if isinstance(value, str) and ("{%" in value or "${" in value):
        return
    if shape.type_name == "structure" and isinstance(value, Mapping):
        given = {key.removesuffix(".$"): (key, each) for key, each in value.items()}
        yield from (f"{path}: {name!r} is no parameter" for name in given if name not in shape.members)
        yield from (f"{path}: {name!r} is missing" for name in shape.required_members if name not in given)
        for name, (key, each) in given.items():
            if name in shape.members and not key.endswith(".$"):
                yield from differences(each, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for index, each in enumerate(value):
            yield from differences(each, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for key, each in value.items():
            if not key.endswith(".$"):
                yield from differences(each, shape.value, f"{path}.{key}")
    else:
        yield from _plain(value, shape, path)


def _plain(value: Any, shape: Any, path: str) -> Iterator[str]:
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "integer": (int,),
        "long": (int,),
        "float": (int, float),
        "double": (int, float),
        "boolean": (bool,),
    }
    wanted = kinds.get(shape.type_name)
    if wanted is None:  # a blob: any JSON
        return
    if not isinstance(value, wanted):
        yield f"{path}: {value!r} is no {shape.type_name}"
    elif isinstance(value, str):
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is none of {len(shape.enum)} values"
        if len(value) > shape.metadata.get("max", len(value)):
            yield f"{path}: {value!r} is longer than {shape.metadata['max']}"
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            yield f"{path}: {value!r} does not match {pattern}"
    elif not shape.metadata.get("min", value) <= value <= shape.metadata.get("max", value):
        yield f"{path}: {value} is out of range"
