"""A program of the project's image, run where somebody works on it: a folder is its /opt/ml, its exit code is told."""

from pathlib import Path

import pytest

import tiny
from shipway.targets.local.workbench import ProgramUnknown, run


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("workbench") / "tiny")


def test_what_a_program_writes_below_opt_ml_stays(project: Path, tmp_path: Path) -> None:
    ml = tmp_path / "ml"
    script = "import os, pathlib; pathlib.Path('/opt/ml/model').mkdir(); print(os.environ['MODE'])"
    said: list[str] = []
    code = run(project, ("python", "-c", script), ml, {"MODE": "quick"}, said.append)
    assert code == 0
    assert (ml / "model").is_dir()


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_the_programs(project: Path, tmp_path: Path, code: int) -> None:
    assert run(project, ("python", "-c", f"raise SystemExit({code})"), tmp_path / "ml", {}, print) == code


def test_a_program_that_a_signal_ended_is_told_as_a_shell_does(project: Path, tmp_path: Path) -> None:
    assert run(project, ("sh", "-c", "sh -c 'kill -9 $$'"), tmp_path / "ml", {}, print) == 137


def test_a_program_that_the_image_lacks_is_named(project: Path, tmp_path: Path) -> None:
    with pytest.raises(ProgramUnknown, match="no program 'trian'"):
        run(project, ("trian",), tmp_path / "ml", {}, print)
