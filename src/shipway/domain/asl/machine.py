"""A checked state machine: states and nested machines, addressable by text so that they can be kept in a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shipway.domain.values import Json, JsonObject

TOP = ""


class QueryLanguage(StrEnum):
    """How a state selects and transforms data."""

    JSONPATH = "JSONPath"
    JSONATA = "JSONata"


class StateType(StrEnum):
    """The kinds of states of the language."""

    TASK = "Task"
    CHOICE = "Choice"
    PARALLEL = "Parallel"
    MAP = "Map"
    WAIT = "Wait"
    PASS = "Pass"  # noqa: S105 - a kind of state
    SUCCEED = "Succeed"
    FAIL = "Fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of a checked document.

    fields: the state as the document has it; the checks have made sure that it is well formed.
    nested: paths of the machines inside, in order: the branches of a Parallel, the processor of a Map.
    """

    name: str
    type: StateType
    language: QueryLanguage
    fields: Mapping[str, Json]
    nested: tuple[str, ...] = ()

    @property
    def next(self) -> str | None:
        """The state after this one; None at an end, and for a Choice."""
        value = self.fields.get("Next")
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The states of one scope: the document, one branch of a Parallel, or the processor of a Map.

    path: "" for the document, `<state>/<index>` for a branch, `<state>/*` for a Map's processor; state names are
    unique in a whole document, so the name of the state alone is enough.
    """

    path: str
    start: str
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine:
    """A document that may be run.

    machines: path -> machine; the document's own states are at "".
    timeout_seconds: limit of a whole execution, None = no limit.
    """

    document: JsonObject
    machines: Mapping[str, Machine]
    timeout_seconds: int | None = None

    def machine(self, path: str = TOP) -> Machine:
        """Return one scope; KeyError for a path that this document does not have."""
        return self.machines[path]

    def state(self, path: str, name: str) -> State:
        """Return one state; KeyError when this document does not have it."""
        return self.machines[path].states[name]

    def start(self, path: str = TOP) -> str:
        """Return the name of the first state of a scope."""
        return self.machines[path].start

    def walk(self) -> Iterator[tuple[str, State]]:
        """Yield every state with the path of its scope, the document's own first."""
        for path, machine in self.machines.items():
            for state in machine.states.values():
                yield path, state
