"""What the members of Choices, Retry and Catch must be."""

from collections.abc import Iterator, Mapping

from shipway.domain.asl.check_values import (
    Complaint,
    Rule,
    Tools,
    assign,
    boolean,
    condition,
    jsonata,
    moment,
    number,
    one_of,
    path,
    result_path,
    template,
    text,
    whole,
)
from shipway.domain.asl.choice import COMPARISONS, IS_PRESENT, MATCHES, PATH_COMPARISONS, TESTS, is_operator
from shipway.domain.asl.errors import ErrorName
from shipway.domain.asl.values import kind
from shipway.domain.values import Json, JsonObject

_LITERALS: dict[str, Rule] = {
    "String": text,
    "Numeric": number(float("-inf")),
    "Boolean": boolean,
    "Timestamp": moment,
}
_OPERATORS: dict[str, Rule] = (
    {name: _LITERALS[side] for name, (side, _) in COMPARISONS.items()}
    | dict.fromkeys(PATH_COMPARISONS, path)
    | dict.fromkeys([*TESTS, IS_PRESENT], boolean)
    | {MATCHES: text}
)
_COMBINERS = ("And", "Or", "Not")
_ERROR_PREFIX = "States."
_OPEN_PREFIX = "States.Http."  # the service's own, one a status code


def _error_equals(value: Json, _: Tools) -> Iterator[Complaint]:
    if not isinstance(value, list) or not value:
        yield "", "a list of error names is needed, at least one"
        return
    known = {str(name) for name in ErrorName}
    for index, name in enumerate(value):
        if not isinstance(name, str):
            yield f"[{index}]", f"an error name is needed, not {kind(name)}"
        elif name.startswith(_ERROR_PREFIX) and name not in known and not name.startswith(_OPEN_PREFIX):
            yield f"[{index}]", f"{name} is not an error of the language, and only those begin with {_ERROR_PREFIX}"
    if ErrorName.ALL in value and len(value) > 1:
        yield "", f"{ErrorName.ALL} must stand alone"


_RETRIER: dict[str, Rule] = {
    "ErrorEquals": _error_equals,
    "IntervalSeconds": whole(1),
    "MaxAttempts": whole(0),
    "BackoffRate": number(1.0),
    "MaxDelaySeconds": whole(1, 31_622_399),
    "JitterStrategy": one_of("FULL", "NONE"),
    "Comment": text,
}
_CATCHER: dict[str, Rule] = {"ErrorEquals": _error_equals, "Next": text, "Comment": text}
_CATCHERS: dict[bool, dict[str, Rule]] = {  # whether the state uses JSONata
    False: {**_CATCHER, "ResultPath": result_path, "Assign": assign(template)},
    True: {**_CATCHER, "Output": jsonata, "Assign": assign(jsonata)},
}


def retry(value: Json, tools: Tools) -> Iterator[Complaint]:
    """Retriers: each with ErrorEquals, States.ALL alone and last."""
    yield from _members(value, _RETRIER, ("ErrorEquals",), tools)
    for place, retrier in _each(value):
        interval, limit = retrier.get("IntervalSeconds", 1), retrier.get("MaxDelaySeconds")
        if isinstance(interval, int) and isinstance(limit, int) and limit <= interval:
            yield f"{place}.MaxDelaySeconds", f"{limit} must be more than IntervalSeconds, {interval}"
    yield from _all_last(value)


def catch(uses_jsonata: bool) -> Rule:
    """Catchers: each with ErrorEquals and Next, States.ALL alone and last."""

    def rule(value: Json, tools: Tools) -> Iterator[Complaint]:
        yield from _members(value, _CATCHERS[uses_jsonata], ("ErrorEquals", "Next"), tools)
        yield from _all_last(value)

    return rule


def _each(value: Json) -> Iterator[tuple[str, JsonObject]]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield f"[{index}]", item


def _members(value: Json, rules: Mapping[str, Rule], needed: tuple[str, ...], tools: Tools) -> Iterator[Complaint]:
    if not isinstance(value, list):
        yield "", f"a list is needed, not {kind(value)}"
        return
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            yield f"[{index}]", f"an object is needed, not {kind(item)}"
    for place, item in _each(value):
        yield from _fields(place, item, rules, needed, tools)


def _fields(
    place: str, item: JsonObject, rules: Mapping[str, Rule], needed: tuple[str, ...], tools: Tools
) -> Iterator[Complaint]:
    for name in needed:
        if name not in item:
            yield f"{place}.{name}", "is missing"
    for name, inner in item.items():
        if name not in rules:
            yield f"{place}.{name}", "is not a field here"
            continue
        for below, wrong in rules[name](inner, tools):
            yield f"{place}.{name}{below}", wrong


def _all_last(value: Json) -> Iterator[Complaint]:
    members = list(_each(value))
    for place, item in members[:-1]:
        names = item.get("ErrorEquals")
        if isinstance(names, list) and ErrorName.ALL in names:
            yield f"{place}.ErrorEquals", f"{ErrorName.ALL} must come last: what follows would never be looked at"


_TOP_JSONPATH: dict[str, Rule] = {"Next": text, "Assign": assign(template), "Comment": text}
_TOP_JSONATA: dict[str, Rule] = {
    "Condition": condition,
    "Next": text,
    "Assign": assign(jsonata),
    "Output": jsonata,
    "Comment": text,
}


def choices(uses_jsonata: bool) -> Rule:
    """Choice rules, at least one."""

    def rule(value: Json, tools: Tools) -> Iterator[Complaint]:
        if not isinstance(value, list) or not value:
            yield "", "a list of rules is needed, at least one"
            return
        if uses_jsonata:
            yield from _members(value, _TOP_JSONATA, ("Condition", "Next"), tools)
            return
        for index, item in enumerate(value):
            yield from _choice(f"[{index}]", item, tools, top=True)

    return rule


def _choice(place: str, rule: Json, tools: Tools, *, top: bool) -> Iterator[Complaint]:
    if not isinstance(rule, dict):
        yield place, f"an object is needed, not {kind(rule)}"
        return
    tests = [name for name in rule if name in _COMBINERS or is_operator(name)]
    allowed: dict[str, Rule] = {"Comment": text, **(_TOP_JSONPATH if top else {})}
    if len(tests) == 1 and is_operator(tests[0]):
        yield from _fields(place, rule, {**allowed, "Variable": path, **_OPERATORS}, ("Variable",), tools)
    elif len(tests) == 1:
        others = {name: value for name, value in rule.items() if name != tests[0]}
        yield from _fields(place, others, allowed, (), tools)
        yield from _combined(f"{place}.{tests[0]}", rule[tests[0]], tools, single=tests[0] == "Not")
    else:
        found = f"{len(tests)} are there: {', '.join(tests)}" if tests else _nothing(rule, allowed)
        yield place, f"exactly one comparison, And, Or or Not is needed; {found}"
    if top and "Next" not in rule:
        yield f"{place}.Next", "is missing"


def _nothing(rule: JsonObject, allowed: Mapping[str, Rule]) -> str:
    unknown = [name for name in rule if name not in allowed and name != "Variable"]
    return f"not a comparison: {', '.join(unknown)}" if unknown else "there is none"


def _combined(place: str, value: Json, tools: Tools, *, single: bool) -> Iterator[Complaint]:
    if single:
        yield from _choice(place, value, tools, top=False)
    elif not isinstance(value, list) or not value:
        yield place, "a list of rules is needed, at least one"
    else:
        for index, inner in enumerate(value):
            yield from _choice(f"{place}[{index}]", inner, tools, top=False)
