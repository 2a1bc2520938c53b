"""Payloads become tables: typed columns, in the order of time, cut by hour and slot."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from .kernel import Ints, distinct
from .plan import SLOTS
from .records import Payloads, hour_of

PLAIN = ("features", "data", "values")  # names of a row that has nothing else
ANSWERS = "prediction"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one hour, in the order of time. bounds: where each slot's rows begin, and the end, shape (SLOTS + 1,)."""

    hour: datetime
    frame: pl.DataFrame
    bounds: Sequence[int]


@dataclass(frozen=True, slots=True)
class Layout:
    """What columns a direction has by position. types: column -> type, text where nothing is known."""

    names: Sequence[str]
    types: Mapping[str, type[pl.DataType]]

    def columns(self, width: int) -> list[str]:
        """Return names for a row of so many values; a column that nobody has named is called by its place."""
        if not self.names:
            return [ANSWERS] if width == 1 else [f"{ANSWERS}_{at}" for at in range(width)]
        return [*self.names[:width], *(f"column_{at + 1}" for at in range(len(self.names), width))]

    def schema(self, width: int) -> dict[str, type[pl.DataType]]:
        """Return column -> type for a row of so many values."""
        return {name: self.types.get(name, pl.String) for name in self.columns(width)}


def rows_of(kind: str, payloads: Payloads, layout: Layout) -> Iterator[Rows]:
    """Yield the rows of some payloads, hour by hour. kind: CSV or JSON."""
    if np.any(np.diff(payloads.moments) < 0):
        order = np.argsort(payloads.moments, kind="stable")
        payloads = Payloads(payloads.moments[order], payloads.texts.gather(order))
    tables = _csv_tables(payloads, layout) if kind == "CSV" else _json_tables(payloads, layout)
    for frame, places in tables:
        yield from _cut(frame, places)


def _cut(frame: pl.DataFrame, moments: Ints) -> Iterator[Rows]:
    """Yield the rows of each hour. moments: of each row, ascending."""
    hours = moments // SLOTS
    for hour in distinct(hours).tolist():
        steps = np.searchsorted(moments, hour * SLOTS + np.arange(SLOTS + 1))
        first, last = int(steps[0]), int(steps[-1])
        yield Rows(hour_of(hour * SLOTS), frame.slice(first, last - first), (steps - first).tolist())


def _csv_tables(payloads: Payloads, layout: Layout) -> Iterator[tuple[pl.DataFrame, Ints]]:
    """Yield (table, moment of each row) for payloads of equal width: each is parsed at once."""
    whole = _single_rows(payloads.texts, layout)
    if whole is not None:
        yield whole, payloads.moments
        return
    header = ",".join(layout.names)
    groups: dict[int, list[tuple[int, str]]] = defaultdict(list)
    lines: dict[int, list[int]] = defaultdict(list)
    for moment, raw in zip(payloads.moments.tolist(), payloads.texts.to_list(), strict=True):
        text = raw.rstrip("\r\n")
        if header and text.startswith(header) and text[len(header) : len(header) + 1] in ("", "\r", "\n"):
            text = text[len(header) :].lstrip("\r\n")
        if not text:
            continue
        rows = text.count("\n") + 1
        width, rest = divmod(text.count(","), rows)
        key = 0 if rest or '"' in text else width + 1
        groups[key].append((moment, text))
        lines[key].append(rows)
    for width, group in groups.items():
        moments = np.repeat(np.array([moment for moment, _ in group], dtype=np.int64), lines[width])
        frame = _parsed("\n".join(text for _, text in group), layout.schema(width)) if width else None
        if frame is not None and frame.height == len(moments):
            yield frame, moments
        else:
            yield from _slow_tables(_split(group), layout)


def _single_rows(texts: pl.Series, layout: Layout) -> pl.DataFrame | None:
    """Return payloads of one row each, all as wide as the first, without quotes and headers; None if they are not."""
    joined = texts.str.join("\n").item()
    many = len(texts)
    if '"' in joined or "\r" in joined or joined.count("\n") != many - 1 or (texts == "").any():
        return None
    commas = texts.str.count_matches(",", literal=True)
    if commas.min() != commas.max() or (texts == ",".join(layout.names)).any():
        return None
    frame = _parsed(joined, layout.schema(texts[0].count(",") + 1))
    return frame if frame is not None and frame.height == many else None


def _parsed(lines: str, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame | None:
    """Return lines of equal width as a table, all as text when a number is none; None when they are no such lines."""
    data = lines.encode()
    for types in (schema, dict.fromkeys(schema, pl.String)):
        try:
            return pl.read_csv(data, has_header=False, schema=types, quote_char=None)
        except pl.exceptions.PolarsError:
            continue
    return None


def _split(texts: Iterable[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    for moment, text in texts:
        try:
            yield from ((moment, row) for row in csv.reader(io.StringIO(text), strict=True) if row)
        except csv.Error:
            yield from ((moment, line.split(",")) for line in text.splitlines())


def _slow_tables(rows: Iterable[tuple[int, Sequence[Any]]], layout: Layout) -> Iterator[tuple[pl.DataFrame, Ints]]:
    """Yield tables of rows of any width, as text."""
    groups: dict[int, list[tuple[int, Sequence[Any]]]] = defaultdict(list)
    for moment, row in rows:
        groups[len(row)].append((moment, row))
    for width, group in groups.items():
        values = zip(*(row for _, row in group), strict=True)
        columns = {name: _series(name, column) for name, column in zip(layout.columns(width), values, strict=True)}
        yield pl.DataFrame(columns), np.array([moment for moment, _ in group], dtype=np.int64)


def _json_tables(payloads: Payloads, layout: Layout) -> Iterator[tuple[pl.DataFrame, Ints]]:
    """Yield tables of JSON rows: one for each set of names."""
    answers = not layout.names
    named: dict[tuple[str, ...], list[tuple[int, Sequence[Any]]]] = defaultdict(list)
    for moment, text in zip(payloads.moments.tolist(), payloads.texts.to_list(), strict=True):
        for row in _documents(text, answers=answers):
            keys = tuple(row) if isinstance(row, dict) else tuple(layout.columns(len(row)))
            named[keys].append((moment, tuple(row.values()) if isinstance(row, dict) else row))
    for keys, rows in named.items():
        values = zip(*(row for _, row in rows), strict=True)
        columns = {name: _series(name, column) for name, column in zip(keys, values, strict=True)}
        if columns:
            yield pl.DataFrame(columns), np.array([moment for moment, _ in rows], dtype=np.int64)


def _documents(text: str, *, answers: bool) -> Iterator[list[Any] | dict[str, Any]]:
    """Yield the rows of a JSON body, or of several, one a line. answers: whether a bare number is a row."""
    try:
        yield from _json_rows(json.loads(text), answers=answers)
    except ValueError:
        for line in text.splitlines():
            try:
                yield from _json_rows(json.loads(line), answers=answers)
            except ValueError:
                continue


def _json_rows(document: Any, *, answers: bool) -> Iterator[list[Any] | dict[str, Any]]:
    """Yield the rows: of a list, of an object's only list, or the object itself."""
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        if len(lists) != 1 or len(document) > 2:
            yield document
            return
        single = isinstance(document, dict) and len(document) == 1 and next(iter(document)) in PLAIN
        document = [lists[0]] if single and not any(isinstance(each, list | dict) for each in lists[0]) else lists[0]
    if not isinstance(document, list):
        document = [document]
    if not answers and not any(isinstance(each, list | dict) for each in document):
        document = [document]
    yield from (_row(each) for each in document)


def _row(value: Any) -> list[Any] | dict[str, Any]:
    if isinstance(value, dict):
        only = next(iter(value.items()), ("", None))
        if len(value) == 1 and only[0] in PLAIN and isinstance(only[1], list):
            return list(only[1])
        return value
    return value if isinstance(value, list) else [value]


def _series(name: str, values: Iterable[Any]) -> pl.Series:
    """Return values as numbers, if there is no text among them, else as text. Lists and objects are null."""
    plain = [None if isinstance(value, list | dict | tuple) else value for value in values]
    if any(isinstance(value, str) for value in plain):
        return pl.Series(name, [None if value is None else str(value) for value in plain], dtype=pl.String)
    whole = all(type(value) is int and abs(value) < 1 << 63 for value in plain)
    return pl.Series(name, plain, dtype=pl.Int64 if whole else pl.Float64, strict=False)
