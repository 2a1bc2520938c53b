"""The interpreter: pure decisions about one state at a time; whoever runs a machine keeps its state and does its work.

The loop of a runner:

    step = enter(machine, path, state, raw_input, context, env)
    Run, Sleep, Fork -> do it -> step = complete(..., result, ...)     (or recover(..., error, cause, retries, ...))
    Failed           -> step = recover(..., step.error, step.cause, retries, ...)
    Next             -> enter that state with its output and variables, retries = ()
    Retry            -> after the delay, enter the same state with the same raw input and the new retries
    End, or Failed from recover -> this machine is over

`context` is the context object as the language defines it (Execution, State, StateMachine, Task.Token, Map.Item);
the runner makes it, and lays `Branch.context` over it inside a branch.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from shipway.domain.asl.dataflow import data_of, with_result, within_limit, without_result
from shipway.domain.asl.entering import ENTER
from shipway.domain.asl.errors import ErrorName, StateError
from shipway.domain.asl.machine import StateMachine, StateType
from shipway.domain.asl.query import Scope
from shipway.domain.asl.recovery import recovered
from shipway.domain.asl.steps import Completion, Env, Failed, Recovery, Step
from shipway.domain.values import Json, JsonObject


def enter(machine: StateMachine, path: str, state: str, raw_input: Json, context: JsonObject, env: Env) -> Step:
    """Return what a state asks for when it is entered, or the decision when it needs nothing from outside.

    Never raises for data: a bad path, a failed intrinsic or an unmatched Choice is a Failed.
    """
    found = machine.state(path, state)
    scope = Scope(raw_input, context, env)
    return _guarded(lambda: ENTER[found.type](found, scope))


def complete(  # noqa: PLR0913, PLR0917 - the state's address, its data, its surroundings
    machine: StateMachine, path: str, state: str, raw_input: Json, result: Json, context: JsonObject, env: Env
) -> Completion:
    """Return where a Task, Wait, Parallel or Map goes with its result (for a Fork, the list of the outputs)."""
    found = machine.state(path, state)
    scope = Scope(raw_input, context, env)
    if found.type is StateType.WAIT:
        return _guarded(lambda: without_result(found, data_of(found, scope), scope))
    return _guarded(lambda: with_result(found, within_limit(result), scope))


def recover(  # noqa: PLR0913, PLR0917 - as above, and the error
    machine: StateMachine,
    path: str,
    state: str,
    raw_input: Json,
    error: str,
    cause: str,
    retries: tuple[int, ...],
    context: JsonObject,
    env: Env,
) -> Recovery:
    """Return what follows an error of a state: a retry, the catcher's state, or Failed (then it is final).

    retries: how often each retrier of this visit was used; `()` at the first error.
    """
    found = machine.state(path, state)
    failed = Failed(error=error, cause=cause)
    return _guarded(lambda: recovered(found, failed, retries, Scope(raw_input, context, env)))


def failures(tolerance: int, failed: Sequence[Failed]) -> Failed | None:
    """Return the error of a Fork whose branches failed so far, None while it is within `tolerance`.

    failed: the final failures of its branches in the order in which they happened.
    """
    if len(failed) <= tolerance:
        return None
    if tolerance == 0:
        return failed[0]
    cause = f"{len(failed)} items failed, {tolerance} may; the last: {failed[-1].error}: {failed[-1].cause}"
    return Failed(error=ErrorName.THRESHOLD, cause=cause)


_Answer = TypeVar("_Answer")


def _guarded(decide: Callable[[], _Answer]) -> _Answer | Failed:
    """Return the decision, or the failure that evaluating it ended in."""
    try:
        return decide()
    except StateError as problem:
        return Failed(error=problem.error, cause=problem.cause)
    except RecursionError:
        return Failed(error=ErrorName.RUNTIME, cause="the data is nested too deeply")
