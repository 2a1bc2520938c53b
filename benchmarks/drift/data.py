"""Parquet files and captured files to measure with: 20 features, always the same, made once for this clone."""

import subprocess
import sys
from pathlib import Path

from benchmarks.serving.model import ROOT

CACHE = ROOT / ".tools" / "bench" / "drift" / "continuous"


def parquet(name: str, rows: int) -> Path:
    """Return a Parquet file of so many rows. name: reference or window."""
    return _made(name, rows, "parquet")


def captured(rows: int) -> Path:
    """Return a captured file of so many records."""
    return _made("captured", rows, "jsonl")


def _made(name: str, rows: int, suffix: str) -> Path:
    """Return a file, made by a process of its own: a program that a large one starts is counted as large."""
    path = CACHE / f"{name}-{rows}.{suffix}"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "benchmarks.drift.making", name, str(rows), str(path)]
        subprocess.run(command, check=True, cwd=ROOT)
    return path
