#!/usr/bin/env python3
"""Measure the model, as it will be served, on the test data.

Each metric is what its name says, in scikit-learn's words; those without a prefix are of the test data.
"""

import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

import contract
import features
import predictor
import rows


def load(archive: Path) -> predictor.Predictor:
    """Return the model of an archive."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as packed:
            safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from Python 3.11.4 on
            packed.extractall(folder, **safely)  # noqa: S202  the archive is this project's own training job's
        return predictor.load(Path(folder))


def main() -> None:
    """Write evaluation.json."""
    model = load(contract.PROCESSING_INPUT / "model" / "model.tar.gz")
    path = contract.PROCESSING_INPUT / "test" / "test.csv"
    table, target = features.read(path)
    body = "\n".join(",".join(row) for row in table).encode()
    probabilities = model.predict(rows.read(body, rows.CSV, model.columns))
    always = np.full(len(target), np.mean(target))
    metrics = {
        "roc_auc": roc_auc_score(target, probabilities),
        "average_precision": average_precision_score(target, probabilities),
        "log_loss": log_loss(target, probabilities),
        "log_loss_of_the_base_rate": log_loss(target, always),
        "brier_score": brier_score_loss(target, probabilities),
        "share_late": np.mean(target),
    }
    for part, values in model.document["metrics"].items():
        metrics |= {f"{part}_{name}": value for name, value in values.items()}
    document = {
        "metrics": {name: {"value": float(value)} for name, value in metrics.items()},
        "rows": len(target),
        "hyperparameters": model.document["hyperparameters"],
    }
    contract.write_json(contract.PROCESSING_OUTPUT / "evaluation" / "evaluation.json", document)
    print(" ".join(f"{name}={float(value):.4f};" for name, value in metrics.items()))


if __name__ == "__main__":
    sys.exit(contract.run(main))
