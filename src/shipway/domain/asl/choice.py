"""Choice rules: the comparison operators of JSONPath states and how rules combine."""

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

from shipway.domain.asl.errors import ErrorName, PathMissing, StateError
from shipway.domain.asl.path_parser import parse_path
from shipway.domain.asl.query import Scope, evaluate, read
from shipway.domain.asl.select import select
from shipway.domain.asl.values import is_number, timestamp
from shipway.domain.values import Json, JsonObject

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


_KINDS: dict[str, Callable[[Json], bool]] = {
    "String": lambda value: isinstance(value, str),
    "Numeric": is_number,
    "Timestamp": lambda value: timestamp(value) is not None,
    "Boolean": lambda value: isinstance(value, bool),
}
TESTS: dict[str, Callable[[Json], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": _KINDS["String"],
    "IsNumeric": _KINDS["Numeric"],
    "IsBoolean": _KINDS["Boolean"],
    "IsTimestamp": _KINDS["Timestamp"],
}
IS_PRESENT = "IsPresent"
MATCHES = "StringMatches"
COMPARISONS: dict[str, tuple[str, str]] = {  # operator -> kind of both sides, order
    f"{kind}{order}": (kind, order) for kind in ("String", "Numeric", "Timestamp") for order in _ORDERS
} | {"BooleanEquals": ("Boolean", "Equals")}
PATH_COMPARISONS = {f"{name}Path": name for name in COMPARISONS}


def chosen(rules: list[JsonObject], data: Json, scope: Scope, jsonata: bool) -> JsonObject | None:
    """Return the first rule that holds, None when there is none.

    data: the effective input. Raises StateError for a path that finds nothing.
    """
    holds = _condition if jsonata else _holds
    return next((rule for rule in rules if holds(rule, data, scope)), None)


def _condition(rule: JsonObject, _: Json, scope: Scope) -> bool:
    value = evaluate(rule["Condition"], scope)
    if not isinstance(value, bool):
        raise StateError(ErrorName.QUERY_EVALUATION_ERROR, f"{rule['Condition']} is neither true nor false")
    return value


def _holds(rule: Any, data: Json, scope: Scope) -> bool:
    if "And" in rule:
        return all(_holds(inner, data, scope) for inner in rule["And"])
    if "Or" in rule:
        return any(_holds(inner, data, scope) for inner in rule["Or"])
    if "Not" in rule:
        return not _holds(rule["Not"], data, scope)
    name = next(key for key in rule if is_operator(key))
    if name == IS_PRESENT:
        return _present(rule["Variable"], data, scope) is rule[name]
    return _compare(name, read(rule["Variable"], data, scope), rule[name], data, scope)


def is_operator(field: str) -> bool:
    """Tell whether a field of a rule is a comparison operator."""
    return field in COMPARISONS or field in PATH_COMPARISONS or field in TESTS or field in (IS_PRESENT, MATCHES)


def _present(path: str, data: Json, scope: Scope) -> bool:
    try:
        select(parse_path(path), scope.roots(data))
    except PathMissing:
        return False
    return True


def _compare(name: str, left: Json, right: Json, data: Json, scope: Scope) -> bool:
    if name in TESTS:
        return TESTS[name](left) is right
    if name == MATCHES:
        return isinstance(left, str) and matches(str(right), left)
    if name in PATH_COMPARISONS:
        name, right = PATH_COMPARISONS[name], read(str(right), data, scope)
    kind, order = COMPARISONS[name]
    if not (_KINDS[kind](left) and _KINDS[kind](right)):
        return False
    if kind == "Timestamp":
        return _ORDERS[order](timestamp(left), timestamp(right))
    return _ORDERS[order](left, right)


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text fits a StringMatches pattern; takes a time that grows with the text only."""
    pieces = _pieces(pattern)
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


@cache
def _pieces(pattern: str) -> tuple[str, ...]:
    r"""Return the literal texts between the stars; `\*` is a star, `\\` a backslash."""
    pieces = [""]
    at = 0
    while at < len(pattern):
        if pattern[at] == "*":
            pieces.append("")
        else:
            if pattern[at] == "\\" and pattern[at + 1 : at + 2] in ("*", "\\"):
                at += 1
            pieces[-1] += pattern[at]
        at += 1
    return tuple(pieces)
