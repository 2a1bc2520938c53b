"""One machine to compare: its document, input, what its tasks answer, and our own answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shipway.domain.asl import DocumentInvalid, End, load
from shipway.domain.asl.driver import TaskError, World, run_to_end
from shipway.targets.local.jsonata import evaluator


@dataclass(frozen=True, kw_only=True)
class Case:
    """tasks: state -> what it answers, one a call: {"return": value}, {"throw": [error, cause]} or {"echo": true}.

    The last answer is repeated. expected: {"output": value} or {"error": name}; None where ours is the claim.
    wrong: peer -> what it answers instead, for cases that the specification has settled.
    """

    name: str
    document: Mapping[str, Any]
    input: Any = field(default_factory=dict)
    tasks: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    expected: Mapping[str, Any] | None = None
    wrong: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def text(self) -> str:
        """The document as text."""
        return json.dumps(self.document)

    @property
    def jsonata(self) -> bool:
        """Whether JSONata is used."""
        return '"JSONata"' in self.text


def ours(case: Case) -> dict[str, Any]:
    """Return our answer."""
    calls: dict[str, int] = {}

    def handler(run: Any) -> Any:
        state = world.visits[-1]
        replies = case.tasks[state]
        reply = replies[min(calls.get(state, 0), len(replies) - 1)]
        calls[state] = calls.get(state, 0) + 1
        if "throw" in reply:
            raise TaskError(*reply["throw"])
        return reply.get("return", run.parameters)

    world = World(handler=handler, jsonata=evaluator())
    try:
        machine = load(dict(case.document), jsonata=world.jsonata)
    except DocumentInvalid as invalid:
        return {"error": "refused", "cause": str(invalid)}
    ended = run_to_end(machine, case.input, world)
    return {"output": ended.output} if isinstance(ended, End) else {"error": ended.error, "cause": ended.cause}


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two answers are the same: the output, or the name of the error."""
    if "output" in one or "output" in other:
        return "output" in one and "output" in other and bool(one["output"] == other["output"])
    return str(one["error"] or "") == str(other["error"] or "")
