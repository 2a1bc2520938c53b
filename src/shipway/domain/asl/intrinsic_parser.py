"""From the text of an intrinsic call to a Call: `States.Format('{} of {}', $.n, States.ArrayLength($.all))`."""

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from shipway.domain.asl.errors import PathSyntaxError
from shipway.domain.asl.path_parser import parse_prefix
from shipway.domain.asl.paths import Path
from shipway.domain.asl.text import Cursor

PREFIX = "States."
MAX_DEPTH = 10
ARGUMENTS: dict[str, tuple[int, int | None]] = {  # function -> fewest and most arguments, None = any number
    "States.Array": (0, None),
    "States.ArrayContains": (2, 2),
    "States.ArrayGetItem": (2, 2),
    "States.ArrayLength": (1, 1),
    "States.ArrayPartition": (2, 2),
    "States.ArrayRange": (3, 3),
    "States.ArrayUnique": (1, 1),
    "States.Base64Decode": (1, 1),
    "States.Base64Encode": (1, 1),
    "States.Format": (1, None),
    "States.Hash": (2, 2),
    "States.JsonMerge": (3, 3),
    "States.JsonToString": (1, 1),
    "States.MathAdd": (2, 2),
    "States.MathRandom": (2, 3),
    "States.StringSplit": (2, 2),
    "States.StringToJson": (1, 1),
    "States.UUID": (0, 0),
}


@dataclass(frozen=True, slots=True)
class Text:
    """A string in quotes, its escapes still in it: `States.Format` has to tell `\\{` from `{`."""

    raw: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a boolean or null."""

    value: int | float | bool | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple["Argument", ...]


Argument: TypeAlias = Path | Text | Constant | Call


@cache
def parse_intrinsic(text: str) -> Call:
    """Return the parsed call; PathSyntaxError says where it is wrong."""
    cursor = Cursor(text)
    cursor.space()
    call = _call(cursor, depth=1)
    cursor.space()
    if not cursor.done:
        raise PathSyntaxError(f"unexpected {cursor.rest!r}")
    return call


def _call(cursor: Cursor, depth: int) -> Call:
    if depth > MAX_DEPTH:
        raise PathSyntaxError(f"calls are nested deeper than {MAX_DEPTH}")
    name = PREFIX + cursor.word() if cursor.take(PREFIX) else ""
    if name not in ARGUMENTS:
        raise PathSyntaxError(f"{name or cursor.rest!r} is neither a path nor an intrinsic function")
    cursor.space()
    if not cursor.take("("):
        raise PathSyntaxError(f"( is missing at {cursor.rest!r}")
    arguments = _arguments(cursor, depth)
    fewest, most = ARGUMENTS[name]
    if len(arguments) < fewest or (most is not None and len(arguments) > most):
        expected = f"{fewest} or more" if most is None else " to ".join(map(str, sorted({fewest, most})))
        raise PathSyntaxError(f"{name} takes {expected} arguments, not {len(arguments)}")
    return Call(name, tuple(arguments))


def _arguments(cursor: Cursor, depth: int) -> list[Argument]:
    arguments: list[Argument] = []
    cursor.space()
    if cursor.take(")"):
        return arguments
    while True:
        cursor.space()
        arguments.append(_argument(cursor, depth))
        cursor.space()
        if cursor.take(")"):
            return arguments
        if not cursor.take(","):
            raise PathSyntaxError(f", or ) is missing at {cursor.rest!r}")


def _argument(cursor: Cursor, depth: int) -> Argument:
    if cursor.peek == "$":
        return parse_prefix(cursor)
    if cursor.peek == "'":
        return _text(cursor)
    number = cursor.number()
    if number is not None:
        return Constant(number)
    for word, value in (("true", True), ("false", False), ("null", None)):
        if cursor.take(word):
            return Constant(value)
    return _call(cursor, depth + 1)


def _text(cursor: Cursor) -> Text:
    start = cursor.at + 1
    at = start
    text = cursor.text
    while at < len(text) and text[at] != "'":
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise PathSyntaxError(f"a string does not end: {cursor.rest!r}")
    cursor.at = at + 1
    return Text(text[start:at])
