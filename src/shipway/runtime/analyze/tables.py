"""CSV and Parquet files as lazy frames."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

SUFFIXES = (".csv", ".parquet")


class TableRefused(Exception):
    """A file can't be read as one of these tables; the message says what to change."""


def tables(folder: Path) -> list[Path]:
    """Return the CSV and Parquet files below a folder, in order of names."""
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())


def one_table(files: Sequence[Path]) -> pl.LazyFrame:
    """Return the rows of all files; CSV files have a header, and all the same columns. Raises TableRefused."""
    frames = [_frame(path) for path in files]
    names = frames[0].collect_schema().names()
    for path, frame in zip(files, frames, strict=True):
        if frame.collect_schema().names() != names:
            raise TableRefused(f"{path.name} has other columns than {files[0].name}")
    return pl.concat(frames) if len(frames) > 1 else frames[0]


def columns_of(frame: pl.LazyFrame) -> Iterator[pl.Series]:
    """Yield the columns, so that one is in memory at a time beside the files' bytes."""
    for name in frame.collect_schema().names():
        yield frame.select(name).collect().to_series()


def _frame(path: Path) -> pl.LazyFrame:
    # As text first: what a column is gets decided over all of its values, not over the first hundred.
    return pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)
