"""The data's columns: 64 grey values of an 8 by 8 picture, row by row, then the digit."""

from pathlib import Path

import numpy as np

from rows import NUMBER, Column

SIDE = 8
INK = 16  # the darkest value; 0 is bare paper
TARGET = "digit"
COLUMNS = tuple(Column(f"pixel_{row}_{column}", NUMBER) for row in range(SIDE) for column in range(SIDE))
NAMES = tuple(column.name for column in COLUMNS)
LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures, shape (pictures, 64), 0..16, and digits, shape (pictures,), of a prepared file."""
    table = np.loadtxt(path, delimiter=",", ndmin=2)
    return table[:, :-1], table[:, -1].astype(int)
