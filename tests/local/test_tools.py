"""Programs of the system are found where they are, and missed with a remedy."""

from pathlib import Path

import pytest

from shipway.targets.local import tools


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of private programs with one in it; nothing else is on PATH."""
    program = tmp_path / "tools" / "only-here"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    return program.parent


def test_a_program_on_path_wins(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = tmp_path / "bin" / "only-here"
    on_path.parent.mkdir()
    on_path.symlink_to(folder / "only-here")
    monkeypatch.setenv("PATH", str(on_path.parent))
    monkeypatch.setenv("SHIPWAY_TOOLS", str(folder))
    assert tools.find("only-here") == on_path


def test_the_private_folder_is_searched_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWAY_TOOLS", str(folder))
    assert tools.find("only-here") == folder / "only-here"
    assert tools.private_folders()[0] == folder


def test_a_folder_that_is_not_there_is_no_private_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHIPWAY_TOOLS", str(tmp_path / "gone"))
    assert tmp_path / "gone" not in tools.private_folders()


def test_a_missing_program_is_told_with_its_cost_and_its_remedy(folder: Path) -> None:
    with pytest.raises(tools.ProgramMissing, match="only-here is not installed on this machine") as problem:
        tools.find("only-here")
    assert problem.value.exit_code == 2
    assert "apt-get install --no-install-recommends only-here" in problem.value.remedy
