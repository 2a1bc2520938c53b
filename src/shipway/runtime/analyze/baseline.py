"""The baseline job: the training data's profile, as the files that every later check compares with."""

import sys
from pathlib import Path

from .blob import pack_plans
from .documents import constraints, statistics
from .job import JobRefused, run, write
from .plan import Plan
from .profile import Column, profile_table
from .tables import one_table, over_columns, tables

PROFILE = "baseline.profile"


def main() -> int:
    """Run the job under the processing contract; returns its exit code."""
    return run(_work, "no baseline was made")


def _work(base: Path) -> str:
    columns, plans, rows = read(base / "processing" / "input" / "baseline")
    output = base / "processing" / "output"
    write(output / "statistics.json", statistics(columns, rows))
    write(output / "constraints.json", constraints(columns))
    write(output / PROFILE, pack_plans(plans, {"rows": rows}))
    return f"baseline of {rows} rows and {len(columns)} features"


def read(folder: Path) -> tuple[list[Column], list[Plan], int]:
    """Return the profile and the plan of each column of the files in a folder, and the number of rows.

    A few columns are in memory at a time beside the files' bytes. Raises JobRefused, TableRefused.
    """
    files = tables(folder)
    if not files:
        raise JobRefused(f"there is no .csv or .parquet file in {folder}")
    found = over_columns(one_table(files), profile_table)
    columns, plans = [column for column, _ in found], [plan for _, plan in found]
    rows = columns[0].present + columns[0].missing if columns else 0
    if not rows:
        raise JobRefused("the data has no rows")
    return columns, plans, rows


if __name__ == "__main__":
    sys.exit(main())
