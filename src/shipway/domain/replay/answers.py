"""Requests and answers as values: the rows that were asked, the predictions that came, and their shape."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from shipway.domain.values import Json

Leaf: TypeAlias = str | float | bool | None
Row: TypeAlias = Mapping[str, Leaf]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer; status 0 when none came."""

    status: int
    content_type: str = ""
    body: bytes = b""

    @property
    def good(self) -> bool:
        """Whether the request was answered as it was meant."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One real request and how it was answered. version: which one answered. target: path and query."""

    body: bytes
    answer: Answer
    version: str = ""
    content_type: str = ""
    accept: str = ""
    target: str = "/api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An answer's content. kind: what it is written in. leaves: path -> values in order; kinds: path -> their kinds."""

    kind: str
    leaves: Mapping[str, tuple[Leaf, ...]] = field(default_factory=dict)
    kinds: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read(answer: Answer) -> Reading:
    """Return an answer's content: JSON by paths, CSV by columns; anything else has no values that can be compared."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    try:
        text = answer.body.decode()
    except UnicodeDecodeError:
        return Reading(kind=kind or "bytes")
    found: dict[str, list[Leaf]] = {}
    if "csv" in kind:
        for row in csv.reader(io.StringIO(text)):
            for column, value in enumerate(row, 1):
                found.setdefault(f"column {column}", []).append(_scalar(value))
    else:
        try:
            _walk(json.loads(text), "", found)
            kind = kind or "json"
        except (ValueError, RecursionError):
            return Reading(kind=f"{kind or 'text'} that is no JSON" if "json" in kind else kind or "text")
    leaves = {path: tuple(values) for path, values in found.items()}
    kinds = {path: frozenset(map(_kind, values)) for path, values in leaves.items()}
    return Reading(kind=kind, leaves=leaves, kinds=kinds)


def broken(old: Reading, new: Reading, rows: int) -> str:
    """Return what a client of the old answer would miss in the new one, "" for nothing. rows: that were asked.

    More members than before break nobody; a missing one, another kind of value or another number of predictions does.
    """
    if old.kind != new.kind:
        return f"it is {new.kind}, not {old.kind}"
    for path, values in old.leaves.items():
        name = path or "the answer"
        if path not in new.leaves:
            return f"{name} is missing"
        other = new.kinds[path] - old.kinds[path]
        if other and "null" not in old.kinds[path]:
            return f"{name} is {min(other)}, not {min(old.kinds[path])}"
        if len(values) == rows and len(new.leaves[path]) != rows:
            return f"{name} has {len(new.leaves[path])} values for {rows} rows"
    return ""


def rows_of(request: Recorded, columns: Sequence[str]) -> list[Row]:
    """Return the feature values of each row of a request; empty when it has none that can be read.

    columns: names of the features in their order, for requests that do not name them.
    """
    try:
        text = request.body.decode()
        if "json" in request.content_type:
            return [_row(each, columns) for each in _instances(json.loads(text))]
    except (ValueError, RecursionError):
        return []
    table = [row for row in csv.reader(io.StringIO(text)) if row]
    if table and columns and table[0] == list(columns):
        table = table[1:]
    return [_row([_scalar(value) for value in row], columns) for row in table]


def _instances(document: Json) -> list[Json]:
    """Return the rows of a JSON request: a list of rows, below any one member or not, or a single row."""
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        if len(lists) != 1 or len(document) > 2:
            return [document]
        document = lists[0]
    if not isinstance(document, list):
        return []
    return document if all(isinstance(each, list | dict) for each in document) else [document]


def _row(values: object, columns: Sequence[str]) -> Row:
    if isinstance(values, Mapping):
        return {name: value for name, value in values.items() if isinstance(value, str | int | float | None)}
    if not isinstance(values, Sequence) or isinstance(values, str):
        return {}
    known = columns if len(columns) == len(values) else [f"column {at}" for at in range(1, len(values) + 1)]
    pairs = zip(known, values, strict=True)
    return {name: value for name, value in pairs if isinstance(value, str | int | float | None)}


def _walk(value: Json, path: str, found: dict[str, list[Leaf]]) -> None:
    if isinstance(value, dict):
        for name, each in value.items():
            _walk(each, f"{path}.{name}" if path else name, found)
    elif isinstance(value, list):
        for each in value:
            _walk(each, f"{path}[]", found)
    else:
        found.setdefault(path, []).append(value)


def _scalar(text: str) -> Leaf:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _kind(value: Leaf) -> str:
    if isinstance(value, bool):
        return "true or false"
    if value is None:
        return "null"
    return "text" if isinstance(value, str) else "a number"
