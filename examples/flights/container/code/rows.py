"""Rows of features between bytes and columns: CSV and JSON in, CSV and JSON out, faults named by row and column.

A request has no header: CSV lines, or JSON {"instances": [[...], ...]} with one array or one object of named values
a row; {"features": [...]} is one row (or a list of rows). An empty CSV field and null are missing values.
"""

import csv
import io
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

CSV = "text/csv"
JSON = "application/json"
NUMBER = "number"
CATEGORY = "category"
MISSING = math.nan
NUMBER_TYPES = {int, float, type(None)}
ROW_KEYS = ("instances", "features")


class Column(NamedTuple):
    """One feature: its name, and "number" or "category"."""

    name: str
    kind: str


class BadInput(Exception):
    """The client's fault: an HTTP status and what to say. row: from 1; column: its name."""

    def __init__(self, message: str, *, status: int = 400, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.status, self.row, self.column = status, row, column


Columns = list[list[Any]]


def read(body: bytes, kind: str, columns: Sequence[Column]) -> Columns:
    """Return the values column by column: floats (missing: nan) or texts (missing: "").

    kind: "text/csv" or "application/json". Raises BadInput.
    """
    try:
        rows = _json_rows(body, columns) if kind == JSON else _csv_rows(body)
    except UnicodeDecodeError:
        raise BadInput("the body is not UTF-8 text") from None
    if not rows:
        raise BadInput("the body holds no rows")
    width = len(columns)
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise BadInput(f"row {number} has {len(row)} values, {width} are needed: {_names(columns)}", row=number)
    convert = _JSON_COLUMN if kind == JSON else _CSV_COLUMN
    return [
        convert[column.kind](column, values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]


def write(predictions: Any, outputs: Sequence[str], kind: str) -> bytes:
    """Return the answer for an array of predictions, shape (rows,) or (rows, outputs)."""
    values = predictions.tolist()
    if kind == JSON:
        return orjson.dumps({"outputs": list(outputs), "predictions": values})
    if predictions.ndim == 1:
        return ("\n".join(map(repr, values)) + "\n").encode()
    return ("\n".join(",".join(map(repr, row)) for row in values) + "\n").encode()


def _names(columns: Sequence[Column]) -> str:
    shown = ", ".join(column.name for column in columns[:20])
    return shown + (", ..." if len(columns) > 20 else "")


def _csv_rows(body: bytes) -> list[list[str]]:
    text = body.decode()
    if '"' in text:
        try:
            return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
        except csv.Error as problem:
            raise BadInput(f"the body is not CSV: {problem}") from None
    return [line.split(",") for line in text.splitlines() if line]


def _json_rows(body: bytes, columns: Sequence[Column]) -> list[Sequence[Any]]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise BadInput(f"the body is not JSON: {problem}") from None
    keys = [key for key in ROW_KEYS if key in document] if isinstance(document, dict) else []
    if len(keys) != 1:
        raise BadInput('the body must be an object {"instances": [[...], ...]} or {"features": [...]}')
    rows = document[keys[0]]
    if not isinstance(rows, list) or not rows:
        raise BadInput(f'"{keys[0]}" must be a list with at least one row')
    if keys[0] == "features" and not isinstance(rows[0], list | dict):
        rows = [rows]
    return [_json_row(number, row, columns) for number, row in enumerate(rows, 1)]


def _json_row(number: int, row: Any, columns: Sequence[Column]) -> Sequence[Any]:
    if isinstance(row, list):
        return row
    if not isinstance(row, dict):
        raise BadInput(f"row {number} is neither an array nor an object", row=number)
    absent = [column.name for column in columns if column.name not in row]
    if absent:
        raise BadInput(f"row {number} has no {absent[0]!r} (null says: missing)", row=number, column=absent[0])
    if len(row) > len(columns):
        extra = min(set(row) - {column.name for column in columns})
        raise BadInput(f"row {number} has the unknown value {extra!r}", row=number, column=extra)
    return [row[column.name] for column in columns]


def _csv_numbers(column: Column, values: Sequence[str]) -> list[float]:
    try:
        numbers = list(map(float, values))
        if math.isfinite(sum(numbers)) and not any(map(_has_underscore, values)):
            return numbers
    except ValueError:
        pass  # a missing or wrong value: look at each
    return [_csv_number(column, number, text) for number, text in enumerate(values, 1)]


def _has_underscore(text: str) -> bool:
    return "_" in text  # Python reads 1_000 as a number, the rest of the world does not


def _csv_number(column: Column, row: int, text: str) -> float:
    if not text.strip():
        return MISSING
    try:
        number = float(text)
    except ValueError:
        number = math.inf
    if not math.isfinite(number) or _has_underscore(text):
        raise _not_a_number(column, row, text)
    return number


def _json_numbers(column: Column, values: Sequence[Any]) -> list[float]:
    if not set(map(type, values)) <= NUMBER_TYPES:
        row, value = next(each for each in enumerate(values, 1) if type(each[1]) not in NUMBER_TYPES)
        raise _not_a_number(column, row, value)
    return [MISSING if value is None else float(value) for value in values]


def _not_a_number(column: Column, row: int, value: object) -> BadInput:
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    message = f"row {row}, column {column.name!r}: {shown} is not a finite number"
    return BadInput(message, row=row, column=column.name)


def _csv_texts(_column: Column, values: Sequence[str]) -> list[str]:
    return [value.strip() for value in values]


def _json_texts(column: Column, values: Sequence[Any]) -> list[str]:
    for row, value in enumerate(values, 1):
        if value is not None and not isinstance(value, str):
            message = f"row {row}, column {column.name!r}: {value!r} is not a text"
            raise BadInput(message, row=row, column=column.name)
    return ["" if value is None else value.strip() for value in values]


_CSV_COLUMN: dict[str, Callable[[Column, Sequence[Any]], list[Any]]] = {NUMBER: _csv_numbers, CATEGORY: _csv_texts}
_JSON_COLUMN: dict[str, Callable[[Column, Sequence[Any]], list[Any]]] = {NUMBER: _json_numbers, CATEGORY: _json_texts}
