"""The settled cases: each has the answer that the specification gives, whatever other interpreters say."""

import json
from pathlib import Path
from typing import Any

import pytest

from shipway.domain.asl import DocumentInvalid, End, load
from shipway.domain.asl.driver import TaskError, World, run_to_end
from shipway.targets.local.jsonata import evaluator

CASES = [case for path in sorted(Path(__file__).parent.glob("corpus/*.json")) for case in json.loads(path.read_text())]


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """Return the output or the error's name."""
    replies = {state: list(answers) for state, answers in case.get("tasks", {}).items()}

    def handler(run):
        waiting = replies[world.visits[-1]]
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if "throw" in reply:
            raise TaskError(*reply["throw"])
        return reply.get("return", run.parameters)

    world = World(handler=handler, jsonata=evaluator())
    try:
        machine = load(case["document"], jsonata=world.jsonata)
    except DocumentInvalid:
        return {"error": "refused"}
    ended = run_to_end(machine, case["input"], world)
    return {"output": ended.output} if isinstance(ended, End) else {"error": str(ended.error)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_settled_case(case):
    assert answer(case) == case["expected"]


def test_every_case_has_a_name_of_its_own():
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names)) > 90
