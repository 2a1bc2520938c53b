"""Trained example projects: prepared and trained once a run, on a slice of their real data."""

import csv
import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from container import ENVIRONMENTS, PROJECTS, Container, Server, assert_success, environment, serving

SLICE = 25  # every 25th flight
HYPERPARAMETERS = {"flights": {"max_iter": 40, "min_samples_leaf": 40}, "digits": {"max_iter": 60}, "template": {}}


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Project -> folder with its raw data, as its own fetch_data.py brings it."""
    folders = {}
    for name, project in PROJECTS.items():
        lock = project / "fetch_data.lock"
        python = environment(lock if lock.exists() else project / "container" / "code" / "requirements.lock")
        folder = tmp_path_factory.mktemp(f"raw-{name}")
        command = [str(python / "bin" / "python"), str(project / "fetch_data.py"), str(folder)]
        assert_success(subprocess.run(command, capture_output=True, text=True, timeout=60, check=False))
        folders[name] = folder
    _thin_out(folders["flights"])
    return folders


@pytest.fixture(scope="session", params=sorted(PROJECTS))
def trained(
    request: pytest.FixtureRequest, raw: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Container:
    """Each project in turn, trained."""
    return _trained(request.param, raw[request.param], tmp_path_factory)


@pytest.fixture(scope="session")
def flights(raw: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Container:
    """The project flights, trained."""
    return _trained("flights", raw["flights"], tmp_path_factory)


@pytest.fixture(scope="session")
def digits(raw: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Container:
    """The project digits, trained."""
    return _trained("digits", raw["digits"], tmp_path_factory)


@pytest.fixture(scope="session")
def starter(raw: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Container:
    """The project that `shipway init` makes without an example, trained."""
    return _trained("template", raw["template"], tmp_path_factory)


@pytest.fixture(scope="session")
def flights_server(flights: Container, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The served model of flights: nginx and gunicorn with two workers."""
    log = tmp_path_factory.mktemp("flights-server") / "log"
    with serving(flights, log, {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}) as server:
        yield server


@pytest.fixture(scope="session")
def digits_server(digits: Container, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The served model of digits."""
    with serving(digits, tmp_path_factory.mktemp("digits-server") / "log") as server:
        yield server


_TRAINED: dict[str, Container] = {}


def _trained(name: str, data: Path, factory: pytest.TempPathFactory) -> Container:
    if name not in _TRAINED:
        container = untrained(name, data, factory.mktemp(name))
        container.prepare()
        assert_success(container.train(**HYPERPARAMETERS[name]))
        _TRAINED[name] = container
    return _TRAINED[name]


def untrained(name: str, data: Path, base: Path) -> Container:
    """Return a container whose raw data is in place."""
    ENVIRONMENTS.parent.mkdir(exist_ok=True)
    shutil.copytree(data, base / "processing" / "input" / "data")
    lock = PROJECTS[name] / "container" / "code" / "requirements.lock"
    return Container(PROJECTS[name], base, environment(lock))


def _thin_out(folder: Path) -> None:
    """Keep every SLICE-th flight, unpacked: the tests need the data's shape, not its bulk."""
    archive = folder / "flights.csv.zip"
    with zipfile.ZipFile(archive) as packed, packed.open("flights.csv") as binary:
        rows = csv.reader(io.TextIOWrapper(binary, "utf-8", newline=""))
        with (folder / "flights.csv").open("w", newline="") as file:
            csv.writer(file).writerows(row for number, row in enumerate(rows) if number % SLICE == 0)
    archive.unlink()
