"""Prepare, train and evaluate of every project that ships, as the platform runs them."""

import json
import shutil
from pathlib import Path

import pytest

from container import Container, assert_success
from shipway.project.decode import decode


@pytest.fixture
def again(trained: Container, tmp_path: Path) -> Container:
    """A copy of a trained project that a test may spoil."""
    shutil.copytree(trained.base, tmp_path / "ml", symlinks=True)
    return Container(trained.project, tmp_path / "ml", trained.environment)


def test_the_gate_asks_for_a_metric_that_the_evaluation_writes(again: Container) -> None:
    gate = decode((again.project / "shipway.toml").read_bytes()).gate
    evaluation = again.evaluate()
    value = evaluation["metrics"][gate.metric]["value"]
    assert gate.threshold is not None
    assert abs(value - gate.threshold) < 0.4, "the threshold is in the metric's own unit"
    assert {f"train_{gate.metric}", f"validation_{gate.metric}"} <= set(evaluation["metrics"])


def test_the_files_hyperparameters_are_the_programs_own(again: Container) -> None:
    parameters = dict(decode((again.project / "shipway.toml").read_bytes()).training.hyperparameters)
    assert_success(again.train(**parameters))
    assert json.loads((again.base / "model" / "model.json").read_text())["hyperparameters"] == parameters


def test_a_hyperparameter_changes_the_model_and_is_recorded(again: Container) -> None:
    before = sample(again)
    assert_success(again.train(max_iter=4))
    document = json.loads((again.base / "model" / "model.json").read_text())
    assert document["hyperparameters"]["max_iter"] == 4
    assert sample(again) != before


def test_the_same_training_gives_the_same_model(again: Container) -> None:
    assert_success(again.train(max_iter=7))
    before = {path.name: path.read_bytes() for path in (again.base / "model").rglob("*") if path.is_file()}
    shutil.rmtree(again.base / "model")
    assert_success(again.train(max_iter=7))
    assert before == {path.name: path.read_bytes() for path in (again.base / "model").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"max_itre": 5}, "unknown hyperparameters ['max_itre']"),
        ({"max_iter": "many"}, "hyperparameter max_iter is 'many'"),
    ],
)
def test_a_wrong_hyperparameter_fails_the_job_with_its_reason(
    again: Container, given: dict[str, object], words: str
) -> None:
    done = again.train(**given)
    assert done.returncode == 1
    assert words in (again.base / "output" / "failure").read_text()


def test_data_that_is_not_there_fails_the_job_with_its_reason(again: Container) -> None:
    shutil.rmtree(again.base / "processing" / "input" / "data")
    (again.base / "processing" / "input" / "data").mkdir()
    done = again.run("prepare_data.py")
    assert done.returncode == 1
    assert (again.base / "output" / "message").read_text()


def test_the_baseline_has_the_declared_features_in_their_order(trained: Container) -> None:
    declared = list(decode((trained.project / "shipway.toml").read_bytes()).data.features)
    baseline = trained.base / "processing" / "output" / "baseline" / "baseline.csv"
    with baseline.open() as file:
        header = file.readline().strip().split(",")
    assert header == (declared or header)
    assert declared or "pixel_0_0" in header


def test_the_months_are_the_asked_ones(flights: Container, tmp_path: Path) -> None:
    shutil.copytree(flights.base / "processing" / "input" / "data", tmp_path / "processing" / "input" / "data")
    again = Container(flights.project, tmp_path, flights.environment)
    done = again.run("prepare_data.py", {"SHIPWAY_MONTHS": "7-8"})
    assert_success(done)
    assert "2013-07-01" in done.stdout.splitlines()[0]
    assert again.run("prepare_data.py", {"SHIPWAY_MONTHS": "13"}).returncode == 1
    assert "SHIPWAY_MONTHS is '13'" in (tmp_path / "output" / "message").read_text()


def test_no_test_flight_is_earlier_than_a_training_flight(flights: Container, tmp_path: Path) -> None:
    shutil.copytree(flights.base / "processing" / "input" / "data", tmp_path / "processing" / "input" / "data")
    done = Container(flights.project, tmp_path, flights.environment).run("prepare_data.py")
    spans = {line.partition(":")[0]: line.split(", ")[1].split(" to ") for line in done.stdout.splitlines()}
    assert spans["train"][1] <= spans["validation"][0]
    assert spans["validation"][1] <= spans["test"][0]


def sample(container: Container) -> str:
    """Return the rows and answers that training wrote down."""
    return (container.user_data / "sample.json").read_text()
