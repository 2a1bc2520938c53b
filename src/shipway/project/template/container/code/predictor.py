"""The served model: the probability of each class.

The model is one readable file, model.json; it is loaded without pickle: opening a model never runs code.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import columns

FORMAT = 1


class Predictor:
    """A loaded model. columns: what a row holds, in order. outputs: what a prediction holds."""

    columns = columns.COLUMNS

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.outputs = tuple(document["classes"])
        self._weights = np.array(document["weights"])
        self._bias = np.array(document["bias"])
        self._missing = np.array(document["means"])

    def predict(self, values: Sequence[Sequence[Any]]) -> Any:
        """Return the probabilities for each row, shape (rows, classes); a missing value counts as the mean."""
        table = np.array(values, dtype=np.float64).T
        table = np.where(np.isnan(table), self._missing, table)
        scores = table @ self._weights.T + self._bias
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def save(folder: Path, document: dict[str, Any]) -> None:
    """Write a model into its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps({"format": FORMAT, **document}, indent=2) + "\n")


def load(folder: Path) -> Predictor:
    """Return the model of a folder; raises ValueError for a format that this code does not know."""
    document = json.loads((folder / "model.json").read_text())
    if document["format"] != FORMAT:
        raise ValueError(f"the model has format {document['format']}, this code reads format {FORMAT}")
    return Predictor(document)
