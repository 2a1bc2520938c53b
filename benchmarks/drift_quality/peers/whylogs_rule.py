"""whylogs' defaults over windows. Runs in an environment of its own: reads a folder, prints features that drifted.

Arguments: a folder with reference.parquet and window-<n>.parquet. Prints a JSON list of lists of names.
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["WHYLOGS_NO_ANALYTICS"] = "True"
import pandas as pd
import whylogs
from whylogs.core import DatasetProfileView
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

warnings.simplefilter("ignore")


def view(path: Path) -> DatasetProfileView:
    """Return a file's profile."""
    return whylogs.log(pd.read_parquet(path)).profile().view()


def drifted(reference: DatasetProfileView, window: DatasetProfileView) -> list[str]:
    """Return the columns that are called DRIFT."""
    scores = calculate_drift_scores(target_view=window, reference_view=reference, with_thresholds=True)
    return [name for name, score in scores.items() if score and score.get("drift_category") == "DRIFT"]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    base = view(folder / "reference.parquet")
    windows = sorted(folder.glob("window-*.parquet"), key=lambda path: int(path.stem.split("-")[1]))
    json.dump([drifted(base, view(path)) for path in windows], sys.stdout)
