#!/usr/bin/env python3
"""Write the raw data into a folder: digits.csv, 1,797 handwritten digits of 8 by 8 grey values.

Usage: fetch_data.py [FOLDER], "data" without it. The data comes with scikit-learn (fetch_data.lock), taken as a file:
nothing is imported. It is the test part of "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak,
1998, UCI.
"""

import gzip
import importlib.util
import sys
from pathlib import Path

PLACE = Path("datasets", "data", "digits.csv.gz")
HEADER = ",".join([f"pixel_{row}_{column}" for row in range(8) for column in range(8)] + ["digit"])
ROWS = 1797


def package(name: str) -> Path:
    """Return the folder of an installed package, without running any of it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{name} is not installed: run this in the environment of fetch_data.lock")
    return Path(spec.submodule_search_locations[0])


def main() -> None:
    """Fetch the data."""
    folder = Path(*sys.argv[1:2] or ["data"])
    folder.mkdir(parents=True, exist_ok=True)
    lines = gzip.decompress((package("sklearn") / PLACE).read_bytes()).decode().split()
    rows = [",".join(str(int(float(value))) for value in line.split(",")) for line in lines]
    if len(rows) != ROWS:
        sys.exit(f"the package holds {len(rows)} digits, {ROWS} were expected")
    (folder / "digits.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    print(f"{ROWS} digits in {folder / 'digits.csv'}")


if __name__ == "__main__":
    main()
