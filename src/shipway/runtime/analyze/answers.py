"""Answers of the model and the truth about them as tables: what a job keeps of an hour, and joins when labels come."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from shipway.domain.capture import Record, decode_lines
from shipway.domain.capture_values import predictions
from shipway.domain.label import LabelsInvalid, read_labels
from shipway.domain.values import canonical

ID = ("inference", "row")  # what an answer is joined with its label by
ANSWERS = pl.Schema({"inference": pl.String, "row": pl.Int32, "release": pl.Int32, "hour": pl.Int64, "said": pl.String})
LABELS = pl.Schema({"inference": pl.String, "row": pl.Int32, "was": pl.String})
HOUR = 3600
SUFFIX = ".parquet"


def captured(folder: Path, release: int) -> pl.DataFrame:
    """Return the answers in captured files: one row each; hour: seconds since 1970 of its begin. said: as JSON."""
    found = (
        (record.inference, row, release, int(record.time.timestamp()) // HOUR * HOUR, canonical(value))
        for record in _records(folder)
        if record.inference
        for row, value in enumerate(predictions(record.output))
    )
    return _once([pl.DataFrame(list(found), schema=ANSWERS, orient="row")], ANSWERS)


def kept(folder: Path, new: pl.DataFrame) -> pl.DataFrame:
    """Return the answers that earlier jobs have kept, and the new ones; each once."""
    tables = [pl.read_parquet(path) for path in _files(folder, f"*{SUFFIX}")]
    return _once([*tables, new], ANSWERS)


def told(folder: Path, notes: list[str]) -> pl.DataFrame:
    """Return the labels in the files of a folder: of several about one answer the first that was told."""
    rows = []
    for path in _files(folder, "*.jsonl"):
        try:
            labels, faults = read_labels(path.read_text(), path.name)
        except (LabelsInvalid, UnicodeDecodeError) as error:
            notes.append(f"{path.name}: {error}")
            continue
        notes += [f"{path.name}, line {each.line}: {each.problem}" for each in faults]
        rows += [(each.inference, each.row, canonical(each.value)) for each in labels]
    return _once([pl.DataFrame(rows, schema=LABELS, orient="row")], LABELS)


def write(table: pl.DataFrame, folder: Path, start: datetime) -> None:
    """Keep an hour's answers; the same hour has the same name, so that doing it again changes nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / ".draft"
    table.write_parquet(draft)
    draft.replace(folder / f"{start.astimezone(UTC):%Y%m%d%H}{SUFFIX}")


def _records(folder: Path) -> Iterator[Record]:
    for path in (*_files(folder, "*.jsonl"), *_files(folder, "*.jsonl.gz")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            yield from (each for each in decode_lines(lines) if isinstance(each, Record))


def _files(folder: Path, pattern: str) -> Sequence[Path]:
    return sorted(folder.rglob(pattern)) if folder.is_dir() else []


def _once(tables: Iterable[pl.DataFrame], schema: pl.Schema) -> pl.DataFrame:
    return pl.concat([schema.to_frame(), *tables]).unique(ID, keep="first", maintain_order=True)
