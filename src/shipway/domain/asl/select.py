"""What a path finds in data, and where a reference path puts a result."""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shipway.domain.asl.errors import PathMissing
from shipway.domain.asl.paths import (
    CURRENT,
    Compare,
    Descend,
    Every,
    Exists,
    Filter,
    Index,
    Length,
    Literal,
    Name,
    Not,
    Operand,
    Path,
    Selector,
    Slice,
    Some,
    Test,
    Wildcard,
    single,
)
from shipway.domain.asl.values import is_number, same
from shipway.domain.values import Json

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MISSING = object()


def select(path: Path, roots: Mapping[str, Json]) -> Json:
    """Return what a path selects: a value when the path names one node, a list otherwise.

    roots: `$` -> the data, `$$` -> the context object, every other key -> a variable.
    Raises PathMissing when what names one node, the whole path or its beginning, finds nothing.
    """
    if path.root not in roots:
        raise PathMissing(f"the variable ${path.root} has no value")
    nodes: list[Json] = [roots[path.root]]
    certain = True
    last = len(path.selectors) - 1
    for position, selector in enumerate(path.selectors):
        one = single(selector, position == last)
        found = [hit for node in nodes for hit in _apply(selector, node, roots, position == last)]
        if certain and ((one and not found) or not _applies(selector, nodes[0])):
            raise PathMissing(f"the path {path.text} finds nothing")
        certain = certain and one
        nodes = found
    return nodes[0] if path.definite else nodes


def _applies(selector: Selector, node: Json) -> bool:
    """Tell whether a selector makes sense on the one node that certainly is there."""
    match selector:
        case Name():
            return isinstance(node, dict)
        case Index() | Slice():
            return isinstance(node, list)
        case Filter():
            return isinstance(node, (list, dict))
        case _:
            return True


def _apply(selector: Selector, node: Json, roots: Mapping[str, Json], last: bool) -> Iterator[Json]:
    match selector:
        case Name(names) if isinstance(node, dict):
            found = {name: node[name] for name in names if name in node}
            yield from [found] if last and len(names) > 1 else found.values()
        case Slice(start, stop, step) if isinstance(node, list):
            yield from node[start:stop:step]
        case Index(indexes) if isinstance(node, list):
            yield from (node[index] for index in indexes if -len(node) <= index < len(node))
        case Wildcard():
            yield from _children(node)
        case Descend():
            yield from _below(node)
        case Length() if isinstance(node, (list, dict, str)):
            yield len(node)
        case Filter(test):
            candidates = [node] if isinstance(node, dict) else _children(node)
            yield from (one for one in candidates if _holds(test, {**roots, CURRENT: one}))
        case _:
            return


def _children(node: Json) -> Iterator[Json]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def _below(node: Json) -> Iterator[Json]:
    yield node
    for child in _children(node):
        if isinstance(child, (dict, list)):
            yield from _below(child)


def _holds(test: Test, roots: Mapping[str, Json]) -> bool:
    match test:
        case Exists(path):
            found = _operand(path, roots)
            return found is not _MISSING and (path.definite or found != [])
        case Not(inner):
            return not _holds(inner, roots)
        case Every(tests):
            return all(_holds(one, roots) for one in tests)
        case Some(tests):
            return any(_holds(one, roots) for one in tests)
        case Compare(symbol, left, right):
            return _compare(symbol, _operand(left, roots), _operand(right, roots))


def _operand(operand: Operand, roots: Mapping[str, Json]) -> object:
    if isinstance(operand, Literal):
        return operand.value
    try:
        return select(operand, roots)
    except PathMissing:
        return _MISSING


def _compare(symbol: str, left: object, right: object) -> bool:
    match symbol:
        case "==":
            return same(left, right)
        case "!=":
            return not same(left, right)
        case "in" | "nin":
            inside = isinstance(right, list) and any(same(left, item) for item in right)
            return inside if symbol == "in" else not inside
        case _:
            alike = (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))
            return alike and _ORDER[symbol](left, right)


def place(raw_input: Json, path: Path, value: Json) -> Json:
    """Return a copy of `raw_input` with `value` at a reference path; members on the way are made.

    Raises PathMissing where the input has something else than an object on the way, or no such item.
    """
    return _placed(raw_input, path.selectors, value)


def _placed(node: Json, selectors: tuple[Selector, ...], value: Json) -> Json:
    if not selectors:
        return value
    first, rest = selectors[0], selectors[1:]
    if isinstance(first, Name) and isinstance(node, dict):
        name = first.names[0]
        return {**node, name: _placed(node.get(name, {}), rest, value)}
    if isinstance(first, Index) and isinstance(node, list) and -len(node) <= first.indexes[0] < len(node):
        copy = list(node)
        copy[first.indexes[0]] = _placed(node[first.indexes[0]], rest, value)
        return copy
    raise PathMissing("the input has no place for the result there")
