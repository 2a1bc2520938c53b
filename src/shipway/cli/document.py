"""Values of the domain and the ports as JSON documents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shipway.domain.values import Json


def document(value: object) -> Json:
    """Return a JSON document of any value that a port hands out.

    Times are ISO 8601 with their offset, durations seconds, sizes bytes. Raises TypeError for what has no form.
    """
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str | Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return _compound(value)


def _compound(value: object) -> Json:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: document(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): document(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [document(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def text(value: object, *, indent: int | None = 2) -> str:
    """Return the JSON text of a value; one line when `indent` is None."""
    return json.dumps(document(value), indent=indent, ensure_ascii=False)
