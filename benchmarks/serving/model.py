"""The model that all contestants serve: the flights example, prepared and trained in full, and rows to ask it."""

import csv
import json
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from shipway.targets.local.images.environment import ensure_environment

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PROJECT = ROOT / "examples" / "flights"
CODE = PROJECT / "container" / "code"
CACHE = ROOT / ".tools" / "bench" / "serving"
ENVIRONMENTS = ROOT / ".tools" / "envs"
ROWS = 100


def environment(lock: Path) -> Path:
    """Return the virtual environment of a lock; made once for this clone."""
    return ensure_environment("bench", ENVIRONMENTS, [lock], print)


@dataclass(frozen=True)
class Model:
    """A trained model. base: its /opt/ml. environment: of the example's container."""

    base: Path
    environment: Path

    @property
    def peer(self) -> Path:
        """The same model as a scikit-learn object."""
        return self.base / "peer.joblib"

    @property
    def archive(self) -> Path:
        """The model.tar.gz."""
        return self.base / "model.tar.gz"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a program of the container, and of a peer."""
        path = f"{self.environment / 'bin'}:{CODE}:{os.environ['PATH']}:/usr/sbin"
        own = {"PATH": path, "SAGEMAKER_BASE_DIR": str(self.base), "PYTHONDONTWRITEBYTECODE": "1"}
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        return {**os.environ, **own, **single, "BENCH_MODEL": str(self.peer), "PYTHONPATH": str(HERE / "peers")}

    @cached_property
    def names(self) -> list[str]:
        """The columns."""
        document = json.loads((self.base / "model" / "model.json").read_text())
        return [column["name"] for column in document["columns"]]

    @cached_property
    def rows(self) -> list[list[str]]:
        """Real rows of the test data without missing values, as texts; not every contestant takes missing ones."""
        with (self.base / "processing" / "output" / "test" / "test.csv").open(newline="") as file:
            whole = [row[:-1] for row in csv.reader(file) if "" not in row]
        return whole[:: len(whole) // ROWS][:ROWS]

    def values(self, count: int) -> list[list[Any]]:
        """Return rows as JSON has them."""
        return [[*row[:3], *map(float, row[3:])] for row in self.rows[:count]]

    def csv(self, count: int) -> str:
        """Return rows as CSV."""
        return "".join(",".join(row) + "\n" for row in self.rows[:count])


def trained() -> Model:
    """Return the model, trained once for this clone and this state of the example's code."""
    model = Model(CACHE / "ml", environment(CODE / "requirements.lock"))
    stamp = CACHE / "stamp"
    state = "\n".join(f"{path.name} {path.stat().st_mtime_ns}" for path in sorted(CODE.iterdir()) if path.is_file())
    if stamp.exists() and stamp.read_text() == state:
        return model
    shutil.rmtree(CACHE, ignore_errors=True)
    raw = model.base / "processing" / "input" / "data"
    python = environment(PROJECT / "fetch_data.lock") / "bin" / "python"
    _run([str(python), str(PROJECT / "fetch_data.py"), str(raw)], model)
    _run([str(CODE / "prepare_data.py")], model)
    for name in ("train", "validation"):
        shutil.copytree(model.base / "processing" / "output" / name, model.base / "input" / "data" / name)
    _run([str(CODE / "train")], model)
    script = [str(model.environment / "bin" / "python"), str(HERE / "peers" / "train_peer_model.py")]
    _run([*script, str(CODE / "train"), str(model.peer)], model, str(CODE))
    with tarfile.open(model.archive, "w:gz") as packed:
        for path in sorted((model.base / "model").iterdir()):
            packed.add(path, arcname=path.name)
    stamp.write_text(state)
    return model


def _run(command: list[str], model: Model, path: str = "") -> None:
    variables = {**model.variables, **({"PYTHONPATH": path} if path else {})}
    subprocess.run(command, env=variables, check=True, timeout=600)
