"""Captured rows as a Parquet file: one column for each feature, with its type."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from shipway.domain.capture import Record
from shipway.domain.capture_table import Count, Exported, NothingCaptured
from shipway.domain.project import FeatureType

TYPES: Mapping[FeatureType, type[pl.DataType]] = {
    FeatureType.NUMBER: pl.Float64,
    FeatureType.INTEGER: pl.Int64,
    FeatureType.BOOLEAN: pl.Boolean,
    FeatureType.CATEGORY: pl.String,
    FeatureType.TEXT: pl.String,
}
CHUNK = 50_000  # rows that are held as Python's values


def export(
    found: Iterable[tuple[str, Record]], features: Mapping[str, FeatureType], file: Path, where: str
) -> Exported:
    """Write the table of (endpoint, record) pairs, whole or not at all. Raises NothingCaptured.

    where: the span of time in words, for the error.
    """
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
