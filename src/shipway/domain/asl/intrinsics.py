"""The intrinsic functions of JSONPath states."""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

from shipway.domain.asl.errors import ErrorName, PathMissing, StateError
from shipway.domain.asl.intrinsic_parser import Argument, Call, Constant, Text
from shipway.domain.asl.select import select
from shipway.domain.asl.steps import Env
from shipway.domain.asl.values import is_number, kind, same, to_text
from shipway.domain.values import Json

MAX_ITEMS = 1000
MAX_CHARACTERS = 10_000
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_FRACTION_BITS = 2**53
_Function: TypeAlias = Callable[[list[Json], Env], Json]


def call(expression: Call, roots: Mapping[str, Json], env: Env) -> Json:
    """Return the value of an intrinsic call.

    roots: what paths in it start from, as for `select`.
    Raises StateError with States.IntrinsicFailure; PathMissing for a path that finds nothing.
    """
    values = [_value(argument, roots, env) for argument in expression.arguments]
    if expression.function == "States.Format":
        first = expression.arguments[0]
        return _format(first.raw if isinstance(first, Text) else values[0], values[1:])
    try:
        return _FUNCTIONS[expression.function](values, env)
    except _Wrong as error:
        raise StateError(ErrorName.INTRINSIC_FAILURE, f"{expression.function}: {error}") from None


def _value(argument: Argument, roots: Mapping[str, Json], env: Env) -> Json:
    if isinstance(argument, Text):
        return unescape(argument.raw)
    if isinstance(argument, Constant):
        return argument.value
    if isinstance(argument, Call):
        return call(argument, roots, env)
    try:
        return select(argument, roots)
    except PathMissing as error:
        raise StateError(ErrorName.INTRINSIC_FAILURE, str(error)) from None


def unescape(raw: str) -> str:
    """Return a quoted string's value: a backslash takes the special meaning from `'`, `{`, `}` and itself."""
    out: list[str] = []
    at = 0
    while at < len(raw):
        if raw[at] == "\\" and raw[at + 1 : at + 2] in ("'", "{", "}", "\\"):
            at += 1
        out.append(raw[at])
        at += 1
    return "".join(out)


class _Wrong(Exception):
    """An argument that the function cannot take."""


def _format(template: Json, values: list[Json]) -> str:
    if not isinstance(template, str):
        raise StateError(ErrorName.INTRINSIC_FAILURE, f"States.Format: the template is {kind(template)}")
    pieces = _pieces(template)
    if len(pieces) - 1 != len(values):
        cause = f"States.Format: the template has {len(pieces) - 1} places for {len(values)} values"
        raise StateError(ErrorName.INTRINSIC_FAILURE, cause)
    words = [value if isinstance(value, str) else to_text(value) for value in values]
    return pieces[0] + "".join(word + piece for word, piece in zip(words, pieces[1:], strict=True))


def _pieces(template: str) -> list[str]:
    """Cut a template at each `{}` that no backslash protects."""
    pieces = [""]
    at = 0
    while at < len(template):
        if template.startswith("{}", at):
            pieces.append("")
            at += 2
            continue
        step = 2 if template[at] == "\\" else 1
        pieces[-1] += unescape(template[at : at + step])
        at += step
    return pieces


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise _Wrong(f"a list is needed, not {kind(value)}")
    return value


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"a string is needed, not {kind(value)}")
    return value


def _short(value: Json) -> str:
    text = _string(value)
    if len(text) > MAX_CHARACTERS:
        raise _Wrong(f"the text has {len(text)} characters, at most {MAX_CHARACTERS} are allowed")
    return text


def _whole(value: Json) -> int:
    """Round to the nearest whole number, as the service does."""
    if not is_number(value) or not math.isfinite(value):
        raise _Wrong(f"a number is needed, not {kind(value)}")
    return math.floor(value + 0.5) if isinstance(value, float) else value


def _array_partition(values: list[Json], _: Env) -> Json:
    items, size = _list(values[0]), _whole(values[1])
    if size < 1:
        raise _Wrong(f"the size of a part must be positive, not {size}")
    return [items[start : start + size] for start in range(0, len(items), size)]


def _array_contains(values: list[Json], _: Env) -> Json:
    return any(same(item, values[1]) for item in _list(values[0]))


def _array_range(values: list[Json], _: Env) -> Json:
    first, last, step = map(_whole, values)
    if step == 0:
        raise _Wrong("the step must not be 0")
    numbers = range(first, last + (1 if step > 0 else -1), step)
    if len(numbers) > MAX_ITEMS:
        raise _Wrong(f"{len(numbers)} items, at most {MAX_ITEMS} are allowed")
    return list(numbers)


def _array_get_item(values: list[Json], _: Env) -> Json:
    items, index = _list(values[0]), _whole(values[1])
    if not 0 <= index < len(items):
        raise _Wrong(f"there is no item {index} in a list of {len(items)}")
    return items[index]


def _array_unique(values: list[Json], _: Env) -> Json:
    unique: list[Json] = []
    for item in _list(values[0]):
        if not any(same(item, seen) for seen in unique):
            unique.append(item)
    return unique


def _base64_encode(values: list[Json], _: Env) -> Json:
    return base64.b64encode(_short(values[0]).encode()).decode()


def _base64_decode(values: list[Json], _: Env) -> Json:
    try:
        return base64.b64decode(_short(values[0]), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise _Wrong("the text is not Base64 of UTF-8") from None


def _hash(values: list[Json], _: Env) -> Json:
    data, algorithm = values
    name = _HASHES.get(_string(algorithm))
    if name is None:
        raise _Wrong(f"the algorithm {algorithm} is none of {', '.join(_HASHES)}")
    text = _short(data if isinstance(data, str) else to_text(data))
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _json_merge(values: list[Json], _: Env) -> Json:
    first, second, deep = values
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise _Wrong("two objects are needed")
    if deep is not False:
        raise _Wrong("the third argument must be false: only a shallow merge exists")
    return {**first, **second}


def _math_random(values: list[Json], env: Env) -> Json:
    start, end = _whole(values[0]), _whole(values[1])
    if start >= end:
        raise _Wrong(f"the start {start} must be below the end {end}")
    chance = env.random() if len(values) == 2 else _seeded(_whole(values[2]))
    return start + math.floor(chance * (end - start))


def _seeded(seed: int) -> float:
    """Return the same number in [0, 1) for the same seed."""
    digest = hashlib.sha256(str(seed).encode()).digest()
    return int.from_bytes(digest[:8]) % _FRACTION_BITS / _FRACTION_BITS


def _string_split(values: list[Json], _: Env) -> Json:
    """Every character of the second argument separates; empty parts are left out."""
    text, separators = _string(values[0]), set(_string(values[1]))
    parts = [""]
    for character in text:
        if character in separators:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part]


def _string_to_json(values: list[Json], _: Env) -> Json:
    try:
        value: Json = json.loads(_string(values[0]), parse_constant=_no_constant)
    except ValueError:
        raise _Wrong("the text is not JSON") from None
    return value


def _no_constant(name: str) -> Json:
    raise ValueError(name)


_FUNCTIONS: dict[str, _Function] = {
    "States.Array": lambda values, _: values,
    "States.ArrayContains": _array_contains,
    "States.ArrayGetItem": _array_get_item,
    "States.ArrayLength": lambda values, _: len(_list(values[0])),
    "States.ArrayPartition": _array_partition,
    "States.ArrayRange": _array_range,
    "States.ArrayUnique": _array_unique,
    "States.Base64Decode": _base64_decode,
    "States.Base64Encode": _base64_encode,
    "States.Hash": _hash,
    "States.JsonMerge": _json_merge,
    "States.JsonToString": lambda values, _: to_text(values[0]),
    "States.MathAdd": lambda values, _: _whole(values[0]) + _whole(values[1]),
    "States.MathRandom": _math_random,
    "States.StringSplit": _string_split,
    "States.StringToJson": _string_to_json,
    "States.UUID": lambda _, env: env.uuid(),
}
