"""The data's columns: what the model sees, in order, and what it predicts."""

import csv
from pathlib import Path

import numpy as np

from rows import NUMBER, Column

TARGET = "species"
COLUMNS = tuple(Column(name, NUMBER) for name in ("sepal_length", "sepal_width", "petal_length", "petal_width"))
NAMES = tuple(column.name for column in COLUMNS)


def read(path: Path) -> tuple[np.ndarray, list[str]]:
    """Return features, shape (rows, columns), and targets of a prepared CSV file, which has no header; target last."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    return np.array([row[:-1] for row in rows], dtype=np.float64), [row[-1] for row in rows]
