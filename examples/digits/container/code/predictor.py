"""The served model: a small neural network that names a handwritten digit.

The model's files are model.json (readable: how it was trained) and model.npz (plain arrays, loaded without pickle:
opening a model never runs code).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import pixels

FORMAT = 1


class Predictor:
    """A loaded model. columns: what a row holds, in order. outputs: what a prediction holds."""

    columns = pixels.COLUMNS
    outputs = ("digit", *(f"probability_{digit}" for digit in range(10)))

    def __init__(self, document: dict[str, Any], layers: Sequence[tuple[Any, Any]]) -> None:
        self.document = document
        self._layers = layers

    def predict(self, columns: Sequence[Sequence[Any]]) -> Any:
        """Return digit and probabilities for each row, shape (rows, 11); a missing pixel counts as bare paper."""
        values = np.nan_to_num(np.array(columns, dtype=np.float64).T, nan=0.0) / pixels.INK
        for weights, bias in self._layers[:-1]:
            values = np.maximum(values @ weights + bias, 0.0)
        weights, bias = self._layers[-1]
        scores = values @ weights + bias
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        return np.column_stack([probabilities.argmax(axis=1), probabilities])


def save(folder: Path, document: dict[str, Any], layers: Sequence[tuple[Any, Any]]) -> None:
    """Write a model into its folder; layers: weights, shape (inputs, outputs), and bias of each."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{kind}{number}": array for number, pair in enumerate(layers) for kind, array in zip("wb", pair, strict=True)
    }
    (folder / "model.json").write_text(json.dumps({"format": FORMAT, **document}, indent=2) + "\n")
    np.savez(folder / "model.npz", **arrays)


def load(folder: Path) -> Predictor:
    """Return the model of a folder; raises ValueError for a format that this code does not know."""
    document = json.loads((folder / "model.json").read_text())
    if document["format"] != FORMAT:
        raise ValueError(f"the model has format {document['format']}, this code reads format {FORMAT}")
    with np.load(folder / "model.npz", allow_pickle=False) as arrays:
        layers = [(arrays[f"w{number}"], arrays[f"b{number}"]) for number in range(len(arrays.files) // 2)]
    return Predictor(document, layers)
