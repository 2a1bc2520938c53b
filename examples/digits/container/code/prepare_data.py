#!/usr/bin/env python3
"""Split the pictures into training, validation and test data, in the order in which people wrote them.

Neighbours in the file are by the same hand. A shuffled split would test the model on the hands that it learned from
and flatter it; this one tests it on people it has never seen.
"""

import sys

import numpy as np

import contract
import pixels

SHARES = {"train": 0.60, "validation": 0.20}  # the rest is the test


def main() -> None:
    """Write train, validation and test without a header, digit last; the baseline with one, without the digit."""
    table = np.loadtxt(contract.PROCESSING_INPUT / "data" / "digits.csv", delimiter=",", skiprows=1, ndmin=2)
    if table.shape[1] != len(pixels.COLUMNS) + 1 or len(table) < 100:
        raise contract.Refused(f"digits.csv holds {table.shape} values: at least 100 rows of 65 are needed")
    first = int(len(table) * SHARES["train"])
    second = first + int(len(table) * SHARES["validation"])
    for name, part in {"train": table[:first], "validation": table[first:second], "test": table[second:]}.items():
        folder = contract.PROCESSING_OUTPUT / name
        folder.mkdir(parents=True, exist_ok=True)
        np.savetxt(folder / f"{name}.csv", part, fmt="%d", delimiter=",")
        print(f"{name}: {len(part)} pictures")
    folder = contract.PROCESSING_OUTPUT / "baseline"
    folder.mkdir(parents=True, exist_ok=True)
    header = ",".join(pixels.NAMES)
    np.savetxt(folder / "baseline.csv", table[:first, :-1], fmt="%d", delimiter=",", header=header, comments="")


if __name__ == "__main__":
    sys.exit(contract.run(main))
