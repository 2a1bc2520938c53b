"""The baseline job: the training data's profile, as the files that every later check compares with."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import polars as pl

from .documents import constraints, statistics
from .profile import Column, profile

MESSAGE_LIMIT = 1024  # bytes that a processing job's exit message may have


class BaselineRefused(Exception):
    """The data cannot serve as a baseline; the message says what to change."""


def main() -> int:
    """Run the job under the processing contract; returns its exit code."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml")
    try:
        columns, rows = read(base / "processing" / "input" / "baseline")
        output = base / "processing" / "output"
        write(output / "statistics.json", statistics(columns, rows))
        write(output / "constraints.json", constraints(columns))
    except (BaselineRefused, OSError, pl.exceptions.PolarsError) as error:
        message = f"no baseline was made: {error}"
        (base / "output").mkdir(parents=True, exist_ok=True)
        (base / "output" / "message").write_bytes(message.encode()[:MESSAGE_LIMIT])
        print(message, file=sys.stderr)
        return 1
    print(f"baseline of {rows} rows and {len(columns)} features")
    return 0


def read(folder: Path) -> tuple[list[Column], int]:
    """Return the profile of each column of the CSV and Parquet files in a folder, and the number of rows.

    CSV files have a header, and all files the same columns. One column is in memory at a time beside the file's bytes.
    Raises BaselineRefused.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".csv", ".parquet") and path.is_file())
    if not files:
        raise BaselineRefused(f"there is no .csv or .parquet file in {folder}")
    frames = [_frame(path) for path in files]
    names = frames[0].collect_schema().names()
    for path, frame in zip(files, frames, strict=True):
        if frame.collect_schema().names() != names:
            raise BaselineRefused(f"{path.name} has other columns than {files[0].name}")
    whole = pl.concat(frames)
    columns = [profile(whole.select(name).collect().to_series()) for name in names]
    rows = columns[0].present + columns[0].missing if columns else 0
    if not rows:
        raise BaselineRefused("the data has no rows")
    return columns, rows


def _frame(path: Path) -> pl.LazyFrame:
    # As text first: what a column is gets decided over all of its values, not over the first hundred.
    return pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)


def write(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON file that is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document, indent=1, allow_nan=False))
    draft.replace(path)
