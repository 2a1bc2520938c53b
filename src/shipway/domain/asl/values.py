"""JSON values as the language compares and writes them, and its timestamps."""

import json
import re
from datetime import datetime
from typing import TypeGuard

from shipway.domain.values import Json

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})")


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell a number from everything else; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_whole(value: object) -> TypeGuard[int]:
    """Tell a whole number from everything else."""
    return isinstance(value, int) and not isinstance(value, bool)


def same(left: object, right: object) -> bool:
    """Tell whether two JSON values are equal: 1 is 1.0, and neither is true."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def timestamp(value: object) -> datetime | None:
    """Return the moment that a timestamp names, None for anything else.

    The RFC 3339 profile of ISO 8601 with an upper case T, and an upper case Z where there is no offset.
    """
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    text = re.sub(r"(\.\d{6})\d+", r"\1", value)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def to_text(value: Json) -> str:
    """Return the shortest JSON text of a value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def kind(value: object) -> str:
    """Return what a value is, in words for a message."""
    if isinstance(value, bool):
        return "a boolean"
    if is_number(value):
        return "a number"
    names = ((str, "a string"), (list, "a list"), (dict, "an object"))
    return next((name for python, name in names if isinstance(value, python)), "null")
