"""What a state asks for next: the values that the interpreter hands to whoever runs a state machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from shipway.domain.values import Json, JsonObject

Integration: TypeAlias = Literal["request", "sync", "token"]


class JsonataError(Exception):
    """An expression could not be evaluated: a type error, an undefined result, too much work."""


class Jsonata(Protocol):
    """The JSONata language with the functions that Step Functions adds to it."""

    def problem(self, expression: str) -> str:
        """Return what is wrong with the expression's syntax, or an empty text.

        expression: without the surrounding `{%` and `%}`.
        """

    def evaluate(self, expression: str, bindings: Mapping[str, Json], env: "Env") -> Json:
        """Return the value of an expression.

        bindings: variable name without its `$` -> value; `states` is among them.
        env: where $now, $millis, $random and $uuid come from.
        Raises JsonataError, also for an undefined result; never hangs.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Env:
    """What a state may look at beside its input and the context object.

    variables: everything assigned so far that this state can see, the outer scopes' included.
    now: the current time, with its zone.
    random: a fresh number in [0, 1) at each call; uuid: a fresh version 4 UUID at each call.
    jsonata: needed by documents that use JSONata; without it such a state fails with States.QueryEvaluationError.
    """

    variables: Mapping[str, Json] = field(default_factory=dict)
    now: datetime
    random: Callable[[], float]
    uuid: Callable[[], str]
    jsonata: Jsonata | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A Task is to be done by its resource.

    resource: the ARN as the document has it.
    handler: what names the work: the part after `arn:aws:states:::`, or the whole ARN of another kind.
    integration: `request` answers at once, `sync` when the job has ended, `token` when someone sends the task token.
    parameters: the input of the work, after InputPath and Parameters, or Arguments.
    timeout_seconds: None means no limit. heartbeat_seconds: None means no heartbeat is expected.
    """

    resource: str
    handler: str
    integration: Integration
    parameters: Json
    timeout_seconds: int | None = None
    heartbeat_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """A Wait: exactly one of `seconds` (>= 0) and `until` (with its zone) is set.

    Afterwards call `complete` with any result (it is ignored: a Wait passes its input on).
    """

    seconds: float | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One nested run: a branch of a Parallel, or one item of a Map.

    machine: path of the nested machine in the StateMachine.
    input: input of its first state.
    context: top-level keys to lay over the context object of every state inside, `{"Map": {"Item": ...}}` for a Map.
    """

    machine: str
    input: Json
    context: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """A Parallel or a Map: run every branch, then `complete` with their outputs in this order.

    Nested states see the variables of the state that forks (`env.variables`); what they assign ends with the branch.
    branches: one or more (a Map over nothing is completed at once).
    max_concurrency: how many may run at a time, 0 = all.
    tolerance: how many branches may fail; outputs of failed ones are left out. See `failures`.
    """

    branches: tuple[Branch, ...]
    max_concurrency: int = 0
    tolerance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """Go to another state of the same machine.

    output: the raw input of that state.
    variables: all variables of this scope from here on (replaces `env.variables`).
    """

    state: str
    output: Json
    variables: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """This machine (the execution, or one branch) has succeeded with this output."""

    output: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The state failed. From `enter` and `complete`: give it to `recover`, which retries, catches, or answers Failed.

    From `recover` it is final: the machine (the execution, or one branch) has failed.
    """

    error: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Enter the same state again with the same raw input after `delay_seconds`.

    retries: what to pass to the next `recover` of this visit; a fresh visit starts with `()`.
    """

    delay_seconds: float
    retries: tuple[int, ...]


Step: TypeAlias = Run | Sleep | Fork | Next | End | Failed
Completion: TypeAlias = Next | End | Failed
Recovery: TypeAlias = Retry | Next | End | Failed
