"""The JSONata evaluator of state machines: the library, the functions that Step Functions adds, and bounds."""

import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import re2
from jsonata import DateTimeUtils
from jsonata import Jsonata as Library
from jsonata.utils import Utils

from shipway.domain.asl import Env, JsonataError
from shipway.domain.values import Json

MAX_SECONDS = 5.0
MAX_DEPTH = 200
MAX_ITEMS = 100_000
MAX_PAD = 262_144
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class Evaluator:
    """Evaluates JSONata with $partition, $range, $hash, $random, $uuid and $parse; $eval is refused.

    An expression that computes longer than `seconds` or nests too deeply is an error; regular expressions run in
    linear time.
    """

    def __init__(self, *, seconds: float = MAX_SECONDS) -> None:
        self.seconds = seconds

    def problem(self, expression: str) -> str:
        """Return what is wrong with the syntax, or an empty text."""
        try:
            _compiled(expression)
        except JsonataError as error:
            return str(error)
        return ""

    def evaluate(self, expression: str, bindings: Mapping[str, Json], env: Env) -> Json:
        """Return the value of an expression; JsonataError for every failure, an undefined result included."""
        compiled = _compiled(expression)
        values = {name: _nulls(value) for name, value in bindings.items()}
        names = {**values, **_functions(env), **_bounds(self.seconds)}
        try:
            return _plain(compiled.evaluate(None, names))
        except JsonataError:
            raise
        except RecursionError:
            raise JsonataError("the expression calls itself too deeply") from None
        except MemoryError:
            raise JsonataError("the expression needs too much memory") from None
        except Exception as error:  # noqa: BLE001 - the library raises many kinds, for data as for code
            raise JsonataError(_words(error)) from None


def evaluator() -> Evaluator:
    """Return the evaluator with the usual bounds."""
    return Evaluator()


def _nulls(value: Json) -> object:
    """Return the value with the library's own null: it takes Python's for undefined in some places."""
    if value is None:
        return Utils.NULL_VALUE
    if isinstance(value, list):
        return [_nulls(item) for item in value]
    if isinstance(value, dict):
        return {name: _nulls(item) for name, item in value.items()}
    return value


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


@lru_cache(maxsize=512)
def _compiled(expression: str) -> Library:
    try:
        compiled = Library(expression, regex_engine=_pattern)
    except RecursionError:
        raise JsonataError("the expression is nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - as above
        raise JsonataError(_words(error)) from None
    compiled.set_output_convert_nulls(False)  # tells null from undefined
    return compiled


def _pattern(pattern: str, flags: Any) -> Any:
    options = re2.Options()
    options.log_errors = False
    prefix = ("i" if flags.case_insensitive else "") + ("m" if flags.multiline else "")
    try:
        return re2.compile(f"(?{prefix}){pattern}" if prefix else pattern, options)
    except re2.error as error:
        raise JsonataError(f"the regular expression /{pattern}/ is not supported: {error}") from None


def _bounds(seconds: float) -> dict[str, object]:
    """Return the library's hooks around every step of an evaluation."""
    deadline = time.monotonic() + seconds
    depth = 0

    def entered(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise JsonataError(f"the expression nests deeper than {MAX_DEPTH}")
        if time.monotonic() > deadline:
            raise JsonataError(f"the expression takes longer than {seconds:g} seconds")

    def left(*_: object) -> None:
        nonlocal depth
        depth -= 1

    return {"__evaluate_entry": entered, "__evaluate_exit": left}


def _plain(value: Any) -> Json:
    """Return plain JSON; JsonataError for undefined, for functions and for numbers that JSON cannot write."""
    if value is None:
        raise JsonataError("the result is undefined")
    return _member(value)


def _member(value: Any) -> Json:
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise JsonataError("the result is not a finite number")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, list):
        if len(value) > MAX_ITEMS:
            raise JsonataError(f"the result has {len(value)} items, at most {MAX_ITEMS} are allowed")
        return [_member(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _member(item) for name, item in value.items()}
    raise JsonataError("the result is a function")


def _functions(env: Env) -> dict[str, object]:
    """Return what replaces the library's functions of chance and time, and what Step Functions adds."""
    functions: dict[str, Callable[..., object]] = {
        "partition": _partition,
        "range": _range,
        "hash": _hash,
        "random": lambda seed=None: env.random() if seed is None else random.Random(seed).random(),  # noqa: S311
        "uuid": env.uuid,
        "parse": _parse,
        "millis": lambda: _millis(env),
        "now": lambda picture=None, zone=None: DateTimeUtils.format_datetime(_millis(env), picture, zone),
        "eval": _no_eval,
        "pad": _pad,
    }
    return {name: Library.JLambda(function) for name, function in functions.items()}


def _millis(env: Env) -> int:
    return (env.now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise JsonataError(f"{what} must be a whole number")
    return int(value)


def _partition(items: Any = None, size: Any = None) -> object:
    if items is None:
        return None
    length = _whole(size, "the size of a part")
    if length < 1:
        raise JsonataError("the size of a part must be positive")
    whole = items if isinstance(items, list) else [items]
    return [list(whole[start : start + length]) for start in range(0, len(whole), length)]


def _range(first: Any = None, last: Any = None, step: Any = 1) -> object:
    start, end, delta = _whole(first, "the start"), _whole(last, "the end"), _whole(step, "the step")
    if delta == 0:
        raise JsonataError("the step must not be 0")
    numbers = range(start, end + (1 if delta > 0 else -1), delta)
    if len(numbers) > MAX_ITEMS:
        raise JsonataError(f"{len(numbers)} items, at most {MAX_ITEMS} are allowed")
    return list(numbers)


def _hash(content: Any = None, algorithm: Any = "SHA-256") -> object:
    if content is None:
        return None
    name = _HASHES.get(str(algorithm))
    if name is None:
        raise JsonataError(f"the algorithm {algorithm} is none of {', '.join(_HASHES)}")
    text = (
        content if isinstance(content, str) else json.dumps(_member(content), separators=(",", ":"), ensure_ascii=False)
    )
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _parse(text: Any = None) -> object:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        raise JsonataError("$parse needs the text of JSON") from None
    return Utils.NULL_VALUE if value is None else value


def _no_eval(*_: object) -> object:
    raise JsonataError("$eval is not supported; $parse reads JSON")


def _pad(text: Any = None, width: Any = 0, character: Any = " ") -> object:
    if text is None:
        return None
    size = _whole(width, "the width")
    if abs(size) > MAX_PAD:
        raise JsonataError(f"the width must be at most {MAX_PAD}")
    missing = max(0, abs(size) - len(text))
    filling = (str(character or " ") * missing)[:missing]
    return filling + text if size < 0 else text + filling
