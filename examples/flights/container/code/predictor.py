"""The served model: the probability that a flight arrives more than 15 minutes late.

The model's files are model.json (readable: columns, categories, how it was trained) and model.npz (plain arrays,
loaded without pickle: opening a model never runs code).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rows import CATEGORY, Column
from trees import Trees

FORMAT = 1


class Predictor:
    """A loaded model. columns: what a row holds, in order. outputs: what a prediction holds."""

    outputs = ("late",)

    def __init__(self, document: dict[str, Any], trees: Trees) -> None:
        self.document = document
        self.columns = tuple(Column(**column) for column in document["columns"])
        self._trees = trees
        self._codes = [
            {name: code for code, name in enumerate(document["categories"][column.name])}
            if column.kind == CATEGORY else None
            for column in self.columns
        ]  # fmt: skip

    def predict(self, columns: Sequence[Sequence[Any]]) -> Any:
        """Return the probability for each row, shape (rows,); a category never seen in training counts as missing."""
        encoded = [
            values if codes is None else [codes.get(value, -1) for value in values]
            for values, codes in zip(columns, self._codes, strict=True)
        ]
        return 1.0 / (1.0 + np.exp(-self._trees.raw(encoded)))


def save(folder: Path, document: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write a model into its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps({"format": FORMAT, **document}, indent=2) + "\n")
    np.savez_compressed(folder / "model.npz", **arrays)


def load(folder: Path) -> Predictor:
    """Return the model of a folder; raises ValueError for a format that this code does not know."""
    document = json.loads((folder / "model.json").read_text())
    if document["format"] != FORMAT:
        raise ValueError(f"the model has format {document['format']}, this code reads format {FORMAT}")
    with np.load(folder / "model.npz", allow_pickle=False) as arrays:
        return Predictor(document, Trees(arrays))
