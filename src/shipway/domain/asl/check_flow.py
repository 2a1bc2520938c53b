"""How states lead to each other: targets that exist, states that are reached, ends, variable scopes."""

from collections.abc import Iterator, Mapping

from shipway.domain.asl.errors import Problem
from shipway.domain.values import Json, JsonObject

_TERMINAL = ("Succeed", "Fail")
_LEADS_ON = ("Task", "Parallel", "Map", "Pass", "Wait")


def targets(state: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield every state that a state names, with the field that names it."""
    for field in ("Next", "Default"):
        value = state.get(field)
        if isinstance(value, str):
            yield field, value
    for field in ("Choices", "Catch"):
        members = state.get(field)
        for index, rule in enumerate(members if isinstance(members, list) else ()):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield f"{field}[{index}].Next", str(rule["Next"])


def check_flow(place: str, start: Json, states: Mapping[str, JsonObject]) -> Iterator[Problem]:
    """Yield the problems of one scope. place: prefix of the fields of the scope itself."""
    if not isinstance(start, str):
        yield _scope_problem(place, "StartAt", "the name of the first state is missing")
    elif start not in states:
        yield _scope_problem(place, "StartAt", f"there is no state {start!r} here")
    for name, state in states.items():
        yield from _exits(name, state)
        for field, target in targets(state):
            if target not in states:
                yield Problem(state=name, field=field, message=f"there is no state {target!r} here")
    if states and not any(_ends(state) for state in states.values()):
        yield _scope_problem(place, "States", "no state ends the machine: one needs End, or Succeed or Fail")
    if isinstance(start, str) and start in states:
        for name in states.keys() - _reached(start, states):
            yield Problem(state=name, message=f"cannot be reached from {start!r}")


def _scope_problem(place: str, field: str, message: str) -> Problem:
    state, _, inside = place.partition("\0")
    return Problem(state=state, field=f"{inside}.{field}" if inside else field, message=message)


def scope_place(state: str, field: str) -> str:
    """Return the place of a nested scope, for `check_flow`."""
    return f"{state}\0{field}"


def _ends(state: JsonObject) -> bool:
    return state.get("Type") in _TERMINAL or state.get("End") is True


def _exits(name: str, state: JsonObject) -> Iterator[Problem]:
    if state.get("Type") not in _LEADS_ON:
        return
    if state.get("End") is True and "Next" in state:
        yield Problem(state=name, field="Next", message="End is there too: only one of them may be")
    elif state.get("End") is not True and "Next" not in state:
        yield Problem(state=name, field="Next", message="is missing, and so is End")


def _reached(start: str, states: Mapping[str, JsonObject]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in states:
            continue
        seen.add(name)
        waiting.extend(target for _, target in targets(states[name]))
    return seen


def assigned(state: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield every variable that a state assigns, with the field that does."""
    yield from _names("Assign", state.get("Assign"))
    for field in ("Choices", "Catch"):
        members = state.get(field)
        for index, rule in enumerate(members if isinstance(members, list) else ()):
            if isinstance(rule, dict):
                yield from _names(f"{field}[{index}].Assign", rule.get("Assign"))


def _names(field: str, value: Json) -> Iterator[tuple[str, str]]:
    for name in value if isinstance(value, dict) else ():
        yield name.removesuffix(".$"), f"{field}.{name}"
