"""Captured rows as a Parquet file: one column for each feature, with its type."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from shipway.domain.capture import Record
from shipway.domain.capture_values import Example, examples
from shipway.domain.project import FeatureType
from shipway.domain.values import Json
from shipway.ports.capture import Exported, NothingCaptured

TYPES: Mapping[FeatureType, type[pl.DataType]] = {
    FeatureType.NUMBER: pl.Float64,
    FeatureType.INTEGER: pl.Int64,
    FeatureType.BOOLEAN: pl.Boolean,
    FeatureType.CATEGORY: pl.String,
    FeatureType.TEXT: pl.String,
}
TRUTHS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
CHUNK = 50_000  # rows that are held as Python's values


def export(
    found: Iterable[tuple[str, Record]], features: Mapping[str, FeatureType], file: Path, where: str
) -> Exported:
    """Write the table; see the port. where: the span of time in words, for the error."""
    frames: list[pl.DataFrame] = []
    count = Count()
    rows: list[dict[str, Any]] = []
    for row in count.rows(found, features):
        rows.append(row)
        if len(rows) == CHUNK:
            frames.append(_frame(rows, features))
            rows = []
    frames += [_frame(rows, features)] if rows else []
    if not frames:
        raise NothingCaptured(where=where)
    table = pl.concat(frames, how="diagonal_relaxed")
    draft = file.with_name(file.name + ".new")
    table.write_parquet(draft)
    draft.replace(file)
    return Exported(
        path=str(file), rows=table.height, records=count.records, skipped=count.skipped, columns=tuple(table.columns)
    )


class Count:
    """Makes rows of records, and counts both."""

    def __init__(self) -> None:
        self.records = 0
        self.skipped = 0

    def rows(
        self, found: Iterable[tuple[str, Record]], features: Mapping[str, FeatureType]
    ) -> Iterator[dict[str, Any]]:
        """Yield one row of the table for each row of a request."""
        for endpoint, record in found:
            each = examples(record, list(features))
            self.records += 1
            self.skipped += not each
            for example in each:
                yield _row(endpoint, example, features)


def _row(endpoint: str, example: Example, features: Mapping[str, FeatureType]) -> dict[str, Any]:
    record = example.record
    typed = {name: typed_value(example.features.get(name), kind) for name, kind in features.items()}
    extra = {name: str(value) for name, value in example.features.items() if name not in features and value is not None}
    return {
        "time": record.time,
        "endpoint": endpoint,
        "inference_id": record.inference or None,
        "event_id": record.event,
        "row": example.row,
        **extra,
        **typed,
        **_prediction(example.prediction),
    }


def typed_value(value: object, kind: FeatureType) -> object:
    """Return a feature's value with its declared type, None where it has none."""
    if value is None or value == "":
        return None
    if kind in (FeatureType.CATEGORY, FeatureType.TEXT):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    if kind is FeatureType.BOOLEAN:
        return TRUTHS.get(str(value).lower())
    try:
        number = float(str(value)) if not isinstance(value, bool) else float(value)
    except ValueError:
        return None
    if kind is FeatureType.NUMBER:
        return number
    return int(number) if number.is_integer() else None


def _prediction(value: Json) -> dict[str, Json]:
    if isinstance(value, list):
        return {f"prediction_{number}": _plain(each) for number, each in enumerate(value, 1)}
    return {"prediction": _plain(value)}


def _plain(value: Json) -> Json:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _frame(rows: list[dict[str, Any]], features: Mapping[str, FeatureType]) -> pl.DataFrame:
    """Return a frame; predictions of several kinds become texts."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name.startswith("prediction") and len({type(each) for each in values if each is not None}) > 1:
            numbers = all(isinstance(each, int | float) for each in values if each is not None)
            values = [each if each is None else float(each) if numbers else str(each) for each in values]
        columns[name] = pl.Series(name, values, dtype=TYPES[features[name]] if name in features else None)
    return pl.DataFrame(columns)


def span(start: datetime, end: datetime) -> str:
    """Return a span of time in words."""
    return f"between {start:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC"
