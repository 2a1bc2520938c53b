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

from collections.abc import Sequence

from shipway.domain.asl.machine import StateMachine
from shipway.domain.asl.steps import Completion, Env, Failed, Recovery, Step
from shipway.domain.values import Json, JsonObject


def enter(machine: StateMachine, path: str, state: str, raw_input: Json, context: JsonObject, env: Env) -> Step:
    """Return what a state asks for when it is entered, or the decision when it needs nothing from outside.

    Never raises for data: a bad path, a failed intrinsic or an unmatched Choice is a Failed.
    """
    raise NotImplementedError


def complete(  # noqa: PLR0913, PLR0917 - the state's address, its data, its surroundings
    machine: StateMachine, path: str, state: str, raw_input: Json, result: Json, context: JsonObject, env: Env
) -> Completion:
    """Return where a Task, Wait, Parallel or Map goes with its result (for a Fork, the list of the outputs)."""
    raise NotImplementedError


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
    raise NotImplementedError


def failures(tolerance: int, failed: Sequence[Failed]) -> Failed | None:
    """Return the error of a Fork whose branches failed so far, None while it is within `tolerance`.

    failed: the final failures of its branches in the order in which they happened.
    """
    raise NotImplementedError
