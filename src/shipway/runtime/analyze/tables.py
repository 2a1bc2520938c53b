"""CSV and Parquet files as lazy frames."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    """Yield the columns; while one is worked on the next is read, so that two are in memory beside the files' bytes."""
    names = frame.collect_schema().names()
    with ThreadPoolExecutor(1) as pool:
        coming = [pool.submit(_column, frame, name) for name in names[:1]]
        for following in [*names[1:], None]:
            if not coming:
                return
            series = coming.pop().result()
            if following is not None:
                coming.append(pool.submit(_column, frame, following))
            yield series


def _column(frame: pl.LazyFrame, name: str) -> pl.Series:
    return frame.select(name).collect(engine="streaming").to_series()


def _frame(path: Path) -> pl.LazyFrame:
    if path.suffix == ".parquet":  # texts as codes of their categories, which take a quarter of the memory
        return pl.scan_parquet(path).with_columns(pl.selectors.string().cast(pl.Categorical))
    # As text first: what a column is gets decided over all of its values, not over the first hundred.
    return pl.scan_csv(path, infer_schema=False)
