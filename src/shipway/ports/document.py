"""Values of the domain and the ports as JSON documents, and back again: what a control plane and its clients speak."""

import base64
import binascii
import json
import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, Union, cast, get_args, get_origin

from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json

T = TypeVar("T")


class DocumentRefused(ShipwayError):
    """A document that is not what was to be read. path: where in it, "" for the whole."""

    message = "{path}: {problem}"
    hint = "see the schema: /api/v1/openapi.json"
    exit_code = 2
    status = 422


def document(value: object) -> Json:
    """Return a JSON document of any value that a port hands out.

    Times are ISO 8601 with their offset, durations seconds, sizes bytes, bytes base64. Raises TypeError for what has
    no form.
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
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Sequence):
        return [document(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def text(value: object, *, indent: int | None = 2) -> str:
    """Return the JSON text of a value; one line when `indent` is None."""
    return json.dumps(document(value), indent=indent, ensure_ascii=False)


def read(kind: type[T], value: Json) -> T:
    """Return the value whose document this is, as strictly as a schema: no unknown names, no conversions.

    kind: a dataclass, or any type that its fields may have. Raises DocumentRefused with the first thing that is wrong.
    """
    return cast("T", _read(kind, value, ""))


def resolved(kind: Any, owner: type | None = None) -> Any:
    """Return a field's type as an object: Json is Any, names of classes stand for the classes of their module."""
    if kind == Json:
        return Any
    if isinstance(kind, str):
        return getattr(sys.modules[owner.__module__], kind) if owner else Any
    return kind


def required(field: "Field[Any]") -> bool:
    """Return whether a document must have this field."""
    return field.default is MISSING and field.default_factory is MISSING


def _read(kind: Any, value: Json, path: str, owner: type | None = None) -> Any:
    kind = resolved(kind, owner)
    if kind is Any or kind is object:
        return value
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _one_of(kind, value, path, owner)
    if origin is not None:
        return _many(kind, value, path, owner)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value, path)
    return _plain(kind, value, path)


def _one_of(kind: Any, value: Json, path: str, owner: type | None) -> Any:
    choices = [each for each in get_args(kind) if each is not type(None)]
    if value is None and len(choices) < len(get_args(kind)):
        return None
    for choice in choices[:-1]:
        try:
            return _read(choice, value, path, owner)
        except DocumentRefused:
            continue
    return _read(choices[-1], value, path, owner)


def _many(kind: Any, value: Json, path: str, owner: type | None) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        entries = _expect(value, dict, "an object", path)
        return {
            _read(inside[0], name, path, owner): _read(inside[1], each, f"{path}.{name}", owner)
            for name, each in entries.items()
        }
    items = _expect(value, list, "a list", path)
    if origin is tuple and Ellipsis not in inside:
        if len(items) != len(inside):
            raise DocumentRefused(path=path or "the document", problem=f"needs {len(inside)} items")
        return tuple(
            _read(part, each, f"{path}[{at}]", owner) for at, (part, each) in enumerate(zip(inside, items, strict=True))
        )
    read_items = [_read(inside[0], each, f"{path}[{at}]", owner) for at, each in enumerate(items)]
    return tuple(read_items) if origin is tuple else read_items


def _dataclass(kind: type, value: Json, path: str) -> Any:
    entries = _expect(value, dict, "an object", path)
    known = {each.name: each for each in fields(kind)}
    for name in entries:
        if name not in known:
            raise DocumentRefused(path=f"{path}.{name}".lstrip("."), problem="is not known")
    for name, field in known.items():
        if name not in entries and required(field):
            raise DocumentRefused(path=f"{path}.{name}".lstrip("."), problem="is missing")
    return kind(
        **{name: _read(known[name].type, each, f"{path}.{name}".lstrip("."), kind) for name, each in entries.items()}
    )


def _plain(kind: Any, value: Json, path: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in (bool, int, float):
        return _expect(value, kind, {bool: "true or false", int: "a whole number", float: "a number"}[kind], path)
    if kind is timedelta:
        return timedelta(seconds=_plain(float, value, path))
    said = _expect(value, str, "a text", path)
    try:
        said.encode()
        return _from_text(kind, said)
    except (ValueError, binascii.Error) as error:
        raise DocumentRefused(path=path or "the document", problem=_why(kind)) from error


def _from_text(kind: Any, said: str) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is None:
            raise ValueError(said)
        return moment
    if kind is bytes:
        return base64.b64decode(said, validate=True)
    return kind(said)


def _why(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"is none of {', '.join(kind)}"
    return {datetime: "is no time with an offset", bytes: "is no base64"}.get(kind, "cannot be read")


def _expect(value: Json, kind: type, name: str, path: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DocumentRefused(path=path or "the document", problem=f"must be {name}")
    return value
