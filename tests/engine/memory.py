"""The simplest runner of the interpreter: in memory, one branch after the other, no time passes."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from shipway.domain import asl

Work = Callable[[str, Any, int], Any]  # handler, parameters, attempt -> result, or raises asl.Failed's texts


class WorkFails(Exception):
    """The work of a task failed with (error, cause)."""


def drive(document: Any, value: Any, work: Work) -> asl.End | asl.Failed:
    """Return how a whole document ends."""
    machine = asl.load(document)
    return _scope(machine, asl.TOP, value, {"Execution": {"Input": value}}, {}, work)


def _scope(machine: asl.StateMachine, path: str, value: Any, context: Any, variables: Any, work: Work) -> Any:
    """Run one scope to its end."""
    state, retries, attempt = machine.start(path), (), 1
    while True:
        surroundings = (context, _env(variables))
        step = asl.enter(machine, path, state, value, *surroundings)
        if isinstance(step, asl.Run | asl.Sleep | asl.Fork):
            try:
                result = _do(machine, step, context, variables, work, attempt)
            except WorkFails as failed:
                step = asl.Failed(error=failed.args[0], cause=failed.args[1])
            else:
                step = asl.complete(machine, path, state, value, result, *surroundings)
        if isinstance(step, asl.Failed):
            step = asl.recover(machine, path, state, value, step.error, step.cause, retries, *surroundings)
        if isinstance(step, asl.Retry):
            retries, attempt = step.retries, attempt + 1
        elif isinstance(step, asl.Next):
            state, value, variables, retries, attempt = step.state, step.output, dict(step.variables), (), 1
        else:
            return step


def _do(machine: asl.StateMachine, step: Any, context: Any, variables: Any, work: Work, attempt: int) -> Any:
    if isinstance(step, asl.Run):
        return work(step.handler, step.parameters, attempt)
    if isinstance(step, asl.Sleep):
        return None
    outputs, failed = [], []
    for branch in step.branches:
        end = _scope(machine, branch.machine, branch.input, {**context, **branch.context}, dict(variables), work)
        (failed if isinstance(end, asl.Failed) else outputs).append(end)
        if failure := asl.failures(step.tolerance, failed):
            raise WorkFails(failure.error, failure.cause)
    return [end.output for end in outputs]


def _env(variables: Mapping[str, Any]) -> asl.Env:
    return asl.Env(variables=variables, now=datetime(2026, 1, 5, tzinfo=UTC), random=lambda: 0.5, uuid=lambda: "u")
