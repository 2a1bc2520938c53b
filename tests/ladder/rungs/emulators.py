"""The stacks made on ministack and on moto, as far as those know the types; what they lack is kept in a register.

An emulator that makes a stack proves little: that its references lead somewhere and that its order can be found. A
type that one of them learns, or loses, shows as a difference of the register, which has the types that each stack goes
without: delete it, run again, look.
"""

import json
import re
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from tests.emulator import NotStarted, free_port, running
from tests.ladder.emulated import LOOK
from tests.ladder.environment import ToolMissing, inside, offline, tools
from tests.ladder.outcome import Outcome
from tests.ladder.pruned import pruned
from tests.ladder.workbench import Bench
from tests.waiting import within

REGISTER = Path(__file__).parents[1] / "emulators.json"
STACK_SECONDS = 60
TRIES = 30
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return what differs from the register, which is written where there is none."""
    bench = benches[0]
    known = json.loads(inside("lint", "moto_types"))
    with moto() as address:
        made: dict[str, Any] = {"moto": stacks(bench, address, known)}
    with ministack() as address:
        made["ministack"] = stacks(bench, address, None)
    lacks = {name: {stack: told["lacks"] for stack, told in each.items()} for name, each in made.items()}
    if not REGISTER.exists():
        REGISTER.write_text(json.dumps(lacks, indent=1) + "\n")
    kept = json.loads(REGISTER.read_text())
    problems = [
        f"{name}: {stack} lacks {lacks[name].get(stack)}, and in the register {kept[name].get(stack)}"
        for name in lacks
        for stack in sorted({*lacks[name], *kept[name]})
        if lacks[name].get(stack) != kept[name].get(stack)
    ]
    counts = {
        name: f"{sum(each['made'] for each in told.values())} of {sum(each['of'] for each in told.values())}"
        for name, told in made.items()
    }
    said = ", ".join(f"{name} makes {count} resources" for name, count in counts.items())
    return Outcome(f"{said}; gaps as in the register", problems)


def stacks(bench: Bench, address: str, known: Sequence[str] | None) -> dict[str, Any]:
    """Return per stack how many of its resources were made, and the types that were not."""
    client = boto3.client(
        "cloudformation",
        endpoint_url=address,
        region_name=bench.place.region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"max_attempts": 0}, read_timeout=STACK_SECONDS),
    )
    return {name: _made(client, bench, name, known) for name in bench.stacks}


def _made(client: Any, bench: Bench, name: str, known: Sequence[str] | None) -> dict[str, Any]:
    stack = bench.stacks[name]
    lacking = {kind for kind in _kinds(bench, name) if known is not None and kind not in known}
    without = set(lacking)
    for attempt in range(TRIES):
        template = pruned(stack, bench.documents[name], None, without)
        if not template["Resources"]:
            break
        problem = _create(client, f"{stack.name}-{attempt}", template)
        if not problem:
            return _told(bench, name, len(template["Resources"]), without)
        without |= _blamed(problem, template) or _found(client, bench, name, without, problem)
    return _told(bench, name, 0, set(_kinds(bench, name)))


def _found(client: Any, bench: Bench, name: str, without: set[str], problem: str) -> set[str]:
    """Return the type without which another thing, or nothing, is wrong: the message itself names none."""
    stack, document = bench.stacks[name], bench.documents[name]
    left = sorted(set(_kinds(bench, name)) - without)
    for number, kind in enumerate(left):
        template = pruned(stack, document, None, without | {kind})
        if template["Resources"] and _create(client, f"{stack.name}-{len(without)}-{number}", template) != problem:
            return {kind}
    return set(left)


def _kinds(bench: Bench, name: str) -> list[str]:
    return [resource["Type"] for resource in bench.stacks[name].resources.values()]


def _told(bench: Bench, name: str, made: int, without: set[str]) -> dict[str, Any]:
    kinds = _kinds(bench, name)
    return {"made": made, "of": len(kinds), "lacks": sorted(without & set(kinds))}


def _create(client: Any, name: str, template: Mapping[str, Any]) -> str:
    """Return why the stack was not made, "" when it was."""
    try:
        client.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=CAPABILITIES)
        seen = within(lambda: _settled(client, name), STACK_SECONDS, LOOK)
        if seen is None:
            return "it took too long"
        return "" if seen["StackStatus"] == "CREATE_COMPLETE" else _failure(client, name, seen)
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        return str(error)


def _settled(client: Any, name: str) -> Mapping[str, Any] | None:
    """Return what is told of a stack that nothing is done to any more, None while something is."""
    (seen,) = client.describe_stacks(StackName=name)["Stacks"]
    return None if seen["StackStatus"].endswith("_IN_PROGRESS") else seen


def _failure(client: Any, name: str, seen: Mapping[str, Any]) -> str:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"].endswith("FAILED")]
    told = (
        f"{each['LogicalResourceId']} {each.get('ResourceType')} {each.get('ResourceStatusReason')}" for each in failed
    )
    return " ".join(told) or str(seen.get("StackStatusReason"))


def _blamed(problem: str, template: Mapping[str, Any]) -> set[str]:
    """Return the types that a message is about: named by themselves, or by their resource."""
    resources = template["Resources"]
    kinds = {each["Type"] for each in resources.values()}
    named = set(re.findall(r"AWS::\w+::\w+", problem)) & kinds
    return named or {resources[word]["Type"] for word in re.findall(r"\w+", problem) if word in resources}


@contextmanager
def moto() -> Iterator[str]:
    """Run moto's server; gives its address."""
    port = free_port()
    with _server([str(tools("lint") / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], {}, port) as address:
        yield address


@contextmanager
def ministack() -> Iterator[str]:
    """Run ministack; gives its address."""
    port = free_port()
    more = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LOG_LEVEL": "ERROR"}
    with _server([str(tools("ministack") / "python"), "-m", "ministack"], more, port) as address:
        yield address


@contextmanager
def _server(command: list[str], more: dict[str, str], port: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**offline(), **more, "HOME": folder, "TMPDIR": folder}
        try:
            with running(command, environment, Path(folder), lambda: _listens(port)):
                yield f"http://127.0.0.1:{port}"
        except NotStarted as error:
            raise ToolMissing(f"an emulator does not start: {error}") from error


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
