"""Takes the place of the shipped predictor.py: the same server, scikit-learn's own prediction."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from flights_model import CATEGORIES, FlightsModel

from rows import CATEGORY, NUMBER, Column


class Predictor:
    """The model behind the shipped server."""

    outputs = ("late",)

    def __init__(self, model: FlightsModel) -> None:
        self.model = model
        kinds = [CATEGORY] * CATEGORIES + [NUMBER] * (len(model.names) - CATEGORIES)
        self.columns = tuple(map(Column, model.names, kinds))

    def predict(self, columns: Sequence[Sequence[Any]]) -> Any:
        """Return the probability for each row."""
        return np.array(self.model.from_rows(list(zip(*columns, strict=True))))


def load(_folder: Path) -> Predictor:
    """Return the model."""
    return Predictor(FlightsModel(Path(os.environ["BENCH_MODEL"])))
