"""The one model that every contestant serves, as its own scikit-learn object, and the rows that it is asked with."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np

CATEGORIES = 3  # the first columns are texts


class FlightsModel:
    """The trained classifier with the codes of its categories."""

    def __init__(self, path: Path) -> None:
        found = joblib.load(path)
        self.learner, self.names = found["learner"], found["names"]
        self.codes = [{name: float(code) for code, name in enumerate(names)} for names in found["categories"]]

    def from_rows(self, rows: list[list[Any]]) -> list[float]:
        """Return the probability for each row; plain numpy, no data frame."""
        table = np.empty((len(rows), len(self.names)))
        for place, values in enumerate(zip(*rows, strict=True)):
            table[:, place] = (
                [self.codes[place].get(value, np.nan) for value in values] if place < CATEGORIES else values
            )
        found: list[float] = self.learner.predict_proba(table)[:, 1].tolist()
        return found

    def from_frame(self, frame: Any) -> list[float]:
        """Return the probability for each row of a data frame."""
        columns = [frame[frame.columns[place]].map(codes) for place, codes in enumerate(self.codes)]
        columns += [frame[name] for name in frame.columns[CATEGORIES:]]
        table = np.column_stack([column.to_numpy(dtype=float) for column in columns])
        found: list[float] = self.learner.predict_proba(table)[:, 1].tolist()
        return found
