"""NannyML's defaults over windows. Runs in an environment of its own: reads a folder, prints features that drifted.

Arguments: a folder with reference.parquet and window-<n>.parquet. Prints a JSON list of lists of names.
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
import nannyml
import pandas as pd

warnings.simplefilter("ignore")


def calculator(reference: pd.DataFrame, rows: int) -> nannyml.UnivariateDriftCalculator:
    """Return the calculator: chunks of a window's size if the reference has two of them, else its own ten chunks."""
    size = {"chunk_size": rows} if len(reference) >= 2 * rows else {}
    return nannyml.UnivariateDriftCalculator(column_names=list(reference.columns), **size).fit(reference)


def drifted(made: nannyml.UnivariateDriftCalculator, window: pd.DataFrame) -> list[str]:
    """Return the columns with an alert by any method in any chunk of the window."""
    table = made.calculate(window).filter(period="analysis").to_df()
    return [name for name in window.columns if table[name].xs("alert", axis=1, level=-1).to_numpy().any()]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    base = pd.read_parquet(folder / "reference.parquet")
    windows = sorted(folder.glob("window-*.parquet"), key=lambda path: int(path.stem.split("-")[1]))
    tables = [pd.read_parquet(path) for path in windows]
    fitted = calculator(base, len(tables[0]))
    json.dump([drifted(fitted, table) for table in tables], sys.stdout)
