"""Makes one file to measure with. Arguments: reference, window or captured; rows; where it goes."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from benchmarks.drift_quality.population import GRID, features

from shipway.domain.capture import Payload, Record, encode

PART = 1_000_000
CONTINUOUS = {0, 1, 2, 3, 5, 6, 8, 13, 14, 15}  # features that have as many different values as rows, as real ones do


def parquet(path: Path, name: str, rows: int) -> None:
    """Write a Parquet file (zstd), a million rows at a time."""
    parts = []
    for part, start in enumerate(range(0, rows, PART)):
        random = np.random.default_rng((rows, len(name), part))
        size = min(PART, rows - start)
        columns = [_column(place, size, random) for place in range(20)]
        parts.append(path.with_suffix(f".{part}"))
        pl.DataFrame(columns).write_parquet(parts[-1], compression="zstd")
    draft = path.with_suffix(".draft")
    pl.scan_parquet(parts).sink_parquet(draft, compression="zstd")
    draft.replace(path)
    for part_file in parts:
        part_file.unlink()


def _column(place: int, size: int, random: np.random.Generator) -> pl.Series:
    """Return so many values of a feature; those of a continuous one lie between the places of its table."""
    feature = features(20)[place]
    index = random.integers(0, GRID, size, dtype=np.uint16)
    if feature.numeric:
        values = feature.values[index]
        if place in CONTINUOUS:
            gaps = np.nan_to_num(np.diff(feature.values, append=np.nan))
            values = values + random.random(size) * gaps[index]
        return pl.Series(feature.name, values).fill_nan(None)
    levels = pl.Series([f"level {code}" for code in range(int(feature.values.max()) + 1)])
    return levels.gather(feature.values[index].astype(np.int64)).alias(feature.name)


def captured(path: Path, rows: int) -> None:
    """Write a captured file of so many records, each with one CSV row of 20 features."""
    random = np.random.default_rng(rows)
    table = pl.DataFrame([_column(place, rows, random) for place in range(20)])
    lines = table.with_columns(pl.selectors.float().round(5)).write_csv(include_header=False).splitlines()
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        for at, line in enumerate(lines):
            file.write(encode(_record(at, line, at * 3600 // rows)))
    draft.replace(path)


def _record(at: int, line: str, second: int) -> Record:
    return Record(
        input=Payload(content_type="text/csv", body=line.encode()),
        output=Payload(content_type="text/csv", body=b"0.5"),
        event=f"event-{at}",
        time=datetime(2026, 3, 1, 10, tzinfo=UTC) + timedelta(seconds=second),
    )


if __name__ == "__main__":
    kind, count, place = sys.argv[1:4]
    if kind == "captured":
        captured(Path(place), int(count))
    else:
        parquet(Path(place), kind, int(count))
