#!/usr/bin/env python3
"""Turn the raw flights into training, validation and test data, in the order of time.

SHIPWAY_MONTHS: the months of 2013 to use, "1-6" without it. The earliest 70 % of their flights train the model, the
next 15 % validate it, the last 15 % test it: a random split would let the model peek at the same hour's other flights.
"""

import csv
import os
import sys
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path

import contract
import features

SHARES = {"train": 0.70, "validation": 0.15}  # the rest is the test
BASELINE_ROWS = 20_000


def months() -> range:
    """Return the asked months; raises contract.Refused."""
    text = os.environ.get("SHIPWAY_MONTHS") or "1-6"
    first, _, last = text.partition("-")
    try:
        found = range(int(first), int(last or first) + 1)
    except ValueError:
        found = range(0)
    if not found or found[0] < 1 or found[-1] > 12:
        raise contract.Refused(f"SHIPWAY_MONTHS is {text!r}: a month or a range like 1-6 is needed")
    return found


def write(name: str, file: str, rows: Iterable[Iterable[object]]) -> None:
    """Write one output of the job as CSV."""
    folder: Path = contract.PROCESSING_OUTPUT / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / file).open("w", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(rows)


def main() -> None:
    """Write train, validation and test without a header, target last; the baseline with one, without the target."""
    flights = sorted(features.flights(contract.PROCESSING_INPUT / "data", months()), key=itemgetter(0))
    if len(flights) < 100:
        raise contract.Refused(f"the raw data holds {len(flights)} flights of these months, at least 100 are needed")
    first = int(len(flights) * SHARES["train"])
    second = first + int(len(flights) * SHARES["validation"])
    parts = {"train": flights[:first], "validation": flights[first:second], "test": flights[second:]}
    for name, part in parts.items():
        write(name, f"{name}.csv", (row for _, row in part))
        print(f"{name}: {len(part)} flights, {part[0][0]} to {part[-1][0]}")
    step = max(1, first // BASELINE_ROWS)
    write("baseline", "baseline.csv", [features.NAMES, *(row[:-1] for _, row in parts["train"][::step])])


if __name__ == "__main__":
    sys.exit(contract.run(main))
