"""From the text of a path to a Path.

The language takes its path syntax from JsonPath; where dialects of that differ, the Java implementation decides.
"""

from collections.abc import Iterator
from functools import cache

from shipway.domain.asl.errors import PathSyntaxError
from shipway.domain.asl.filter_parser import filter_test
from shipway.domain.asl.paths import (
    CONTEXT,
    ROOT,
    Descend,
    Filter,
    Index,
    Length,
    Name,
    Path,
    Selector,
    Slice,
    Test,
    Wildcard,
)
from shipway.domain.asl.text import Cursor


@cache
def parse_path(text: str) -> Path:
    """Return the parsed path; PathSyntaxError says where it is wrong."""
    cursor = Cursor(text)
    if cursor.peek != "$":
        raise PathSyntaxError("a path begins with $")
    path = parse_prefix(cursor)
    if not cursor.done:
        raise PathSyntaxError(f"unexpected {cursor.rest!r}")
    return path


def parse_prefix(cursor: Cursor) -> Path:
    """Return the path that starts at the cursor and move past it; the end is where no selector follows."""
    start = cursor.at
    if cursor.take("@"):
        root = "@"
    elif cursor.take("$"):
        root = CONTEXT if cursor.take("$") else cursor.word() or ROOT
    else:
        raise PathSyntaxError(f"a path is missing at {cursor.rest!r}")
    selectors = tuple(_selectors(cursor))
    return Path(cursor.text[start : cursor.at], root, selectors)


def _selectors(cursor: Cursor) -> Iterator[Selector]:
    while True:
        if cursor.take(".."):
            yield Descend()
            yield _bracket(cursor) if cursor.take("[") else _member(cursor)
        elif cursor.take("."):
            yield _member(cursor)
        elif cursor.take("["):
            yield _bracket(cursor)
        else:
            return


def _member(cursor: Cursor) -> Selector:
    if cursor.take("*"):
        return Wildcard()
    name = cursor.member()
    if not name:
        raise PathSyntaxError(f"a name is missing at {cursor.rest!r}")
    if cursor.take("()"):
        if name != "length":
            raise PathSyntaxError(f"the function {name}() is not supported")
        return Length()
    return Name((name,))


def _bracket(cursor: Cursor) -> Selector:
    cursor.space()
    if cursor.take("*"):
        selector: Selector = Wildcard()
    elif cursor.take("?"):
        selector = Filter(_filter(cursor))
    elif cursor.peek in "'\"":
        selector = Name(tuple(_names(cursor)))
    else:
        selector = _numbers(cursor)
    cursor.space()
    if not cursor.take("]"):
        raise PathSyntaxError(f"] is missing at {cursor.rest!r}")
    return selector


def _filter(cursor: Cursor) -> Test:
    cursor.space()
    if not cursor.take("("):
        raise PathSyntaxError(f"( is missing at {cursor.rest!r}")
    test = filter_test(cursor, parse_prefix)
    if not cursor.take(")"):
        raise PathSyntaxError(f") is missing at {cursor.rest!r}")
    return test


def _names(cursor: Cursor) -> Iterator[str]:
    while True:
        cursor.space()
        name = cursor.quoted()
        if name is None:
            raise PathSyntaxError(f"a quoted name is missing at {cursor.rest!r}")
        yield name
        cursor.space()
        if not cursor.take(","):
            return


def _numbers(cursor: Cursor) -> Index | Slice:
    first = cursor.integer()
    if cursor.take(":"):
        stop = cursor.integer()
        step = cursor.integer() if cursor.take(":") else None
        if step is not None and step < 1:
            raise PathSyntaxError("the step of a slice must be positive")
        return Slice(first, stop, step)
    if first is None:
        raise PathSyntaxError(f"a name, a number or a filter is missing at {cursor.rest!r}")
    indexes = [first]
    while cursor.take(","):
        more = cursor.integer()
        if more is None:
            raise PathSyntaxError(f"a number is missing at {cursor.rest!r}")
        indexes.append(more)
    return Index(tuple(indexes))
