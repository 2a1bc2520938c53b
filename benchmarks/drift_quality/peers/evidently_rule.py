"""Evidently's defaults over windows. Runs in an environment of its own: reads a folder, prints features that drifted.

Arguments: a folder with reference.parquet and window-<n>.parquet. Prints a JSON list of lists of names.
"""

import json
import sys
import warnings
from pathlib import Path

import pandas as pd
from evidently import Dataset, Report
from evidently.presets import DataDriftPreset

warnings.simplefilter("ignore")


def drifted(reference: pd.DataFrame, window: pd.DataFrame) -> list[str]:
    """Return the columns that the preset calls drifted: their p-value or distance is beyond the method's threshold."""
    sides = (Dataset.from_pandas(window), Dataset.from_pandas(reference))
    metrics = Report([DataDriftPreset()]).run(*sides).dict()["metrics"]
    found = []
    for metric in metrics:
        config = metric.get("config", {})
        if "column" not in config or not isinstance(metric["value"], float):
            continue
        is_p = "p_value" in str(config.get("method", "")) or "p_value" in str(metric.get("metric_name", ""))
        value, threshold = metric["value"], config.get("threshold")
        threshold = threshold if threshold is not None else 0.05 if is_p else 0.1
        if value < threshold if is_p else value >= threshold:
            found.append(config["column"])
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    base = pd.read_parquet(folder / "reference.parquet")
    windows = sorted(folder.glob("window-*.parquet"), key=lambda path: int(path.stem.split("-")[1]))
    json.dump([drifted(base, pd.read_parquet(path)) for path in windows], sys.stdout)
