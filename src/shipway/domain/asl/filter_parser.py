"""From the text inside `?( )` of a path to a test: `@.size > 3 && @.kind == 'a'`."""

from collections.abc import Callable

from shipway.domain.asl.errors import PathSyntaxError
from shipway.domain.asl.paths import Compare, Every, Exists, Literal, Not, Operand, Path, Some, Test
from shipway.domain.asl.text import Cursor
from shipway.domain.values import Json

OPERATORS = ("==", "!=", "<=", ">=", "<", ">", "nin", "in")
Prefix = Callable[[Cursor], Path]


def filter_test(cursor: Cursor, path: Prefix) -> Test:
    """Return the test that starts at the cursor, up to a closing bracket. path: parses a path there."""
    tests = [_every(cursor, path)]
    while cursor.take("||"):
        tests.append(_every(cursor, path))
    return tests[0] if len(tests) == 1 else Some(tuple(tests))


def _every(cursor: Cursor, path: Prefix) -> Test:
    tests = [_one(cursor, path)]
    while cursor.take("&&"):
        tests.append(_one(cursor, path))
    return tests[0] if len(tests) == 1 else Every(tuple(tests))


def _one(cursor: Cursor, path: Prefix) -> Test:
    cursor.space()
    if cursor.take("!"):
        return Not(_one(cursor, path))
    if cursor.take("("):
        test = filter_test(cursor, path)
        if not cursor.take(")"):
            raise PathSyntaxError(f") is missing at {cursor.rest!r}")
        cursor.space()
        return test
    return _comparison(cursor, path)


def _comparison(cursor: Cursor, path: Prefix) -> Test:
    left = _operand(cursor, path)
    if cursor.peek == "=" and cursor.take("=~"):
        raise PathSyntaxError("regular expressions are not supported in filters")
    operator = next((token for token in OPERATORS if cursor.take(token)), "")
    if operator:
        right = _operand(cursor, path)
        if operator in ("in", "nin") and isinstance(right, Literal) and not isinstance(right.value, list):
            raise PathSyntaxError(f"{operator} needs a list")
        return Compare(operator, left, right)
    if isinstance(left, Literal):
        raise PathSyntaxError("a filter compares something with a constant")
    return Exists(left)


def _operand(cursor: Cursor, path: Prefix) -> Operand:
    cursor.space()
    operand = path(cursor) if cursor.peek in "@$" else _literal(cursor)
    cursor.space()
    return operand


def _literal(cursor: Cursor) -> Literal:
    if cursor.take("["):
        return Literal(_list(cursor))
    return Literal(_constant(cursor))


def _constant(cursor: Cursor) -> Json:
    cursor.space()
    text = cursor.quoted()
    if text is not None:
        return text
    number = cursor.number()
    if number is not None:
        return number
    for word, value in (("true", True), ("false", False), ("null", None)):
        if cursor.take(word):
            return value
    raise PathSyntaxError(f"a path or a constant is missing at {cursor.rest!r}")


def _list(cursor: Cursor) -> Json:
    items: list[Json] = []
    while True:
        cursor.space()
        if cursor.take("]"):
            return items
        items.append(_constant(cursor))
        cursor.space()
        if not cursor.take(",") and cursor.peek != "]":
            raise PathSyntaxError(f"] is missing at {cursor.rest!r}")
