"""CSV and Parquet files as lazy frames."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import polars as pl

SUFFIXES = (".csv", ".parquet")
AT_ONCE = 3  # columns; more would take the memory of more
T = TypeVar("T")


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


def over_columns(frame: pl.LazyFrame, work: Callable[[pl.LazyFrame], T]) -> list[T]:
    """Return what work makes of each column, in order; a few are worked on at a time, and in memory.

    work: takes a frame of one column; it spends its time outside of the interpreter's lock.
    """
    names = frame.collect_schema().names()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda name: work(frame.select(name)), names))


def _frame(path: Path) -> pl.LazyFrame:
    if path.suffix == ".parquet":
        return pl.scan_parquet(path)
    # As text first: what a column is gets decided over all of its values, not over the first hundred.
    return pl.scan_csv(path, infer_schema=False)
