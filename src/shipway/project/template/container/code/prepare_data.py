#!/usr/bin/env python3
"""Split the raw data into training, validation and test data: 60, 20 and 20 %, shuffled the same way each time."""

import csv
import random
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import columns
import contract

SEED = 0


def write(name: str, file: str, rows: Iterable[Iterable[object]]) -> None:
    """Write one output of the job as CSV."""
    folder: Path = contract.PROCESSING_OUTPUT / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / file).open("w", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(rows)


def raw(folder: Path) -> list[dict[str, str]]:
    """Return the rows of every CSV file of the data set; raises contract.Refused where a column is missing."""
    found: list[dict[str, str]] = []
    for path in sorted(folder.rglob("*.csv")):
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            missing = {*columns.NAMES, columns.TARGET} - set(reader.fieldnames or ())
            if missing:
                raise contract.Refused(f"{path.name} has no column {sorted(missing)}")
            found += reader
    if len(found) < 10:
        raise contract.Refused(f"the data set has {len(found)} rows, at least 10 are needed")
    return found


def main() -> None:
    """Write train, validation and test without a header, target last; the baseline with one, without the target."""
    table = [
        [*(row[name] for name in columns.NAMES), row[columns.TARGET]] for row in raw(contract.PROCESSING_INPUT / "data")
    ]
    random.Random(SEED).shuffle(table)  # noqa: S311  a split, not a secret
    first, second = len(table) * 60 // 100, len(table) * 80 // 100
    for name, part in {"train": table[:first], "validation": table[first:second], "test": table[second:]}.items():
        write(name, f"{name}.csv", part)
        print(f"{name}: {len(part)} rows")
    write("baseline", "baseline.csv", chain([columns.NAMES], (row[:-1] for row in table[:first])))


if __name__ == "__main__":
    sys.exit(contract.run(main))
