"""The very same hours as rows in files, for libraries that want rows; and what those libraries say of them."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from benchmarks.drift_quality.cells import WARM, Cell
from benchmarks.drift_quality.population import GRID, features
from benchmarks.drift_quality.stream import CHUNK, Source, shifted_features, source_of
from benchmarks.serving.model import environment

HERE = Path(__file__).parent
LOCKS = HERE.parent / "drift" / "peers"
PEERS = {"Evidently": "evidently", "NannyML": "nannyml", "whylogs": "whylogs"}
SECONDS = 1800  # that a library may take for the windows of one cell


def export(cell: Cell, seed: int, windows: int, folder: Path) -> None:
    """Write reference.parquet and the first windows of a cell's first stream; of a drift, those that have drifted."""
    folder.mkdir(parents=True)
    shifted = list(shifted_features(cell, 0))
    sources = [source_of(cell, place, 0, seed, shifted) for place in range(len(features(cell.features)))]
    pl.DataFrame([_reference(source) for source in sources]).write_parquet(folder / "reference.parquet")
    begin = WARM if cell.distance else 0
    for hour in range(begin, begin + windows):
        frame = pl.DataFrame([_hour(source, hour) for source in sources])
        frame.write_parquet(folder / f"window-{hour - begin}.parquet")


def _reference(source: Source) -> pl.Series:
    random = np.random.default_rng((*source.seed, 0))
    return source.feature.series(random.integers(0, GRID, source.cell.baseline, dtype=np.uint16))


def _hour(source: Source, hour: int) -> pl.Series:
    row = source.rows(hour // CHUNK, CHUNK)[hour % CHUNK]
    moves = source.moves(hour)
    return source.feature.series(row if moves is None else moves[row].astype(np.uint16))


def asked(folder: Path, progress: Callable[[str], None]) -> dict[str, list[list[str]]]:
    """Return library -> the features that it calls drifted in each window of a folder."""
    found = {}
    for name, lock in PEERS.items():
        python = environment(LOCKS / f"{lock}.lock") / "bin" / "python"
        command = [str(python), str(HERE / "peers" / f"{lock}_rule.py"), str(folder)]
        variables = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
        found[name] = json.loads(done.stdout[done.stdout.index("[") :])
        progress(f"{name}: {folder.name}")
    return found
