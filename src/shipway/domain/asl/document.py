"""From a document to a StateMachine: every problem is reported at once, before anything runs."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from shipway.domain.asl.check_fields import check_state
from shipway.domain.asl.check_flow import assigned, check_flow, scope_place
from shipway.domain.asl.check_values import MAX_NAME, Tools, one_of, text, whole
from shipway.domain.asl.errors import DocumentInvalid, Problem
from shipway.domain.asl.machine import TOP, Machine, QueryLanguage, State, StateMachine, StateType
from shipway.domain.asl.steps import Jsonata
from shipway.domain.asl.values import kind
from shipway.domain.values import Json, JsonObject

_TOP_RULES = {
    "Comment": text,
    "Version": one_of("1.0"),
    "TimeoutSeconds": whole(1),
    "QueryLanguage": one_of(*QueryLanguage),
}
_PROCESSOR = "ProcessorConfig"


def load(
    document: object, *, resource_known: Callable[[str], bool] | None = None, jsonata: Jsonata | None = None
) -> StateMachine:
    """Return the checked state machine.

    document: the decoded JSON, or its text.
    resource_known: asked with `Run.handler` of each Task; without it every resource is accepted.
    jsonata: checks the syntax of expressions; without it only their place is checked.
    Raises DocumentInvalid with all problems.
    """
    try:
        decoded = _decoded(document)
        loader = _Loader(decoded, Tools(jsonata, resource_known))
        loader.top()
    except RecursionError:
        raise DocumentInvalid([Problem(message="it is nested too deeply")]) from None
    if loader.problems:
        raise DocumentInvalid(loader.problems)
    timeout = decoded.get("TimeoutSeconds")
    return StateMachine(
        document=decoded,
        machines=MappingProxyType(loader.machines),
        timeout_seconds=timeout if isinstance(timeout, int) else None,
    )


def _decoded(document: object) -> JsonObject:
    if isinstance(document, str):
        try:
            document = json.loads(document, object_pairs_hook=_unique)
        except ValueError as error:
            raise DocumentInvalid([Problem(message=f"is not JSON: {error}")]) from None
    if not isinstance(document, dict):
        raise DocumentInvalid([Problem(message="is not a JSON object")])
    return document


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    decoded = dict(pairs)
    if len(decoded) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice in one object")
    return decoded


class _Loader:
    """Walks a document once, collects problems and machines."""

    def __init__(self, document: JsonObject, tools: Tools) -> None:
        self.document = document
        self.tools = tools
        self.problems: list[Problem] = []
        self.machines: dict[str, Machine] = {}
        self.names: set[str] = set()
        language = document.get("QueryLanguage")
        self.language = QueryLanguage.JSONATA if language == QueryLanguage.JSONATA else QueryLanguage.JSONPATH

    def top(self) -> None:
        """Check the document itself, then every scope."""
        for name, value in self.document.items():
            if name in _TOP_RULES:
                for place, wrong in _TOP_RULES[name](value, self.tools):
                    self._add("", name + place, wrong)
            elif name not in ("StartAt", "States"):
                self._add("", name, "is not a field of a state machine")
        self._scope(TOP, "", self.document, frozenset())

    def _scope(self, path: str, place: str, scope: JsonObject, outer: frozenset[str]) -> None:
        states = scope.get("States")
        owner, _, inside = place.partition("\0")
        if not isinstance(states, dict) or not states:
            self._add(owner, f"{inside}.States" if inside else "States", "an object with at least one state is needed")
            return
        objects = {name: state for name, state in states.items() if isinstance(state, dict)}
        for name in states.keys() - objects.keys():
            self._add(name, "", f"an object is needed, not {kind(states[name])}")
        self.problems.extend(check_flow(place, scope.get("StartAt"), objects))
        self._variables(objects, outer)
        visible = outer | {name for state in objects.values() for name, _ in assigned(state)}
        self.machines[path] = Machine(path=path, start="", states={})  # keeps its place before the machines inside
        made = {name: state for name, raw in objects.items() if (state := self._state(name, raw, visible)) is not None}
        start = scope.get("StartAt")
        self.machines[path] = Machine(path=path, start=str(start), states=MappingProxyType(made))

    def _variables(self, states: Mapping[str, JsonObject], outer: frozenset[str]) -> None:
        for name, state in states.items():
            for variable, field in assigned(state):
                if variable in outer:
                    self._add(name, field, f"the variable {variable!r} is assigned outside of this scope already")

    def _state(self, name: str, raw: JsonObject, visible: frozenset[str]) -> State | None:
        if len(name) > MAX_NAME:
            self._add(name, "", f"the name has {len(name)} characters, at most {MAX_NAME} are allowed")
        if name in self.names:
            self._add(name, "", "the name is used twice in this document")
        self.names.add(name)
        language = self._language(name, raw)
        try:
            state_type = StateType(str(raw.get("Type")))
        except ValueError:
            self._add(name, "Type", f"{raw.get('Type')!r} is none of {', '.join(StateType)}")
            return None
        for place, wrong in check_state(raw, state_type, language, self.tools):
            self._add(name, place, wrong)
        nested = tuple(self._nested(name, raw, state_type, visible))
        return State(name=name, type=state_type, language=language, fields=raw, nested=nested)

    def _language(self, name: str, raw: JsonObject) -> QueryLanguage:
        value = raw.get("QueryLanguage", self.language)
        if value == QueryLanguage.JSONPATH and self.language is QueryLanguage.JSONATA:
            self._add(name, "QueryLanguage", "a state of a JSONata state machine cannot go back to JSONPath")
            return QueryLanguage.JSONPATH
        return QueryLanguage.JSONATA if value == QueryLanguage.JSONATA else QueryLanguage.JSONPATH

    def _nested(self, name: str, raw: JsonObject, state_type: StateType, visible: frozenset[str]) -> Iterator[str]:
        if state_type is StateType.PARALLEL:
            branches = raw.get("Branches")
            for index, branch in enumerate(branches if isinstance(branches, list) else ()):
                if isinstance(branch, dict):
                    yield self._inner(name, f"Branches[{index}]", f"{name}/{index}", branch, visible)
        if state_type is StateType.MAP:
            field = "ItemProcessor" if "ItemProcessor" in raw else "Iterator"
            processor = raw.get(field)
            if isinstance(processor, dict):
                self._mode(name, processor)
                yield self._inner(name, field, f"{name}/*", processor, visible)

    def _inner(self, name: str, field: str, path: str, scope: JsonObject, visible: frozenset[str]) -> str:
        allowed = ("StartAt", "States", "Comment", *((_PROCESSOR,) if field == "ItemProcessor" else ()))
        for member in scope:
            if member not in allowed:
                self._add(name, f"{field}.{member}", "is not a field here")
        self._scope(path, scope_place(name, field), scope, visible)
        return path

    def _mode(self, name: str, processor: JsonObject) -> None:
        config = processor.get(_PROCESSOR, {})
        mode = config.get("Mode", "INLINE") if isinstance(config, dict) else None
        place = f"ItemProcessor.{_PROCESSOR}"
        if mode == "DISTRIBUTED":
            self._add(name, f"{place}.Mode", "DISTRIBUTED is not supported; use INLINE")
        elif mode != "INLINE":
            self._add(name, place, "an object with the Mode INLINE is needed")
        elif isinstance(config, dict) and config.keys() - {"Mode"}:
            self._add(name, place, f"{', '.join(config.keys() - {'Mode'})} belongs to the mode DISTRIBUTED")

    def _add(self, state: str, field: str, message: str) -> None:
        self.problems.append(Problem(state=state, field=field, message=message))
