"""Snapshots of a project: named by content, whole, and what workflow.py makes of the state machine."""

import shutil
import subprocess
from pathlib import Path

import pytest

import tiny
from shipway.domain.workflow import WorkflowCustomizationFailed
from shipway.project import source


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tiny.write(tmp_path / "tiny")


def test_the_same_files_are_the_same_snapshot(project: Path, tmp_path: Path) -> None:
    first = source.take(project, tmp_path / "sources")
    again = source.take(project, tmp_path / "sources")
    assert first == again
    assert (first.folder / "container/code/train").read_text() == tiny.TRAIN
    assert [each.name for each in (tmp_path / "sources").iterdir()] == [first.folder.name]  # and no draft


@pytest.mark.parametrize("change", ["content", "mode", "name", "new"])
def test_any_change_is_another_snapshot(project: Path, tmp_path: Path, change: str) -> None:
    before = source.take(project, tmp_path / "sources").digest
    train = project / "container/code/train"
    if change == "content":
        train.write_text(tiny.TRAIN + "# more\n")
    elif change == "mode":
        train.chmod(0o644)
    elif change == "name":
        train.rename(train.with_name("fit"))
    else:
        (project / "function/more.py").write_text("")
    assert source.take(project, tmp_path / "sources").digest != before


def test_what_is_no_source_does_not_count(project: Path, tmp_path: Path) -> None:
    before = source.take(project, tmp_path / "sources").digest
    (project / "function/__pycache__").mkdir()
    (project / "function/__pycache__/x.pyc").write_bytes(b"x")
    (project / "data/more.csv").write_text("7\n")
    assert source.take(project, tmp_path / "sources").digest == before


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here, and the product does without it")
def test_the_commit_and_whether_files_differ_from_it(project: Path, tmp_path: Path) -> None:
    assert source.git_commit(project) == ""
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", project, *arguments], check=True)
    commit = source.git_commit(project)
    assert len(commit) == 40
    (project / "function/handler.py").write_text("changed")
    assert source.git_commit(project) == f"{commit}+changes"


def test_workflow_py_changes_the_document(project: Path) -> None:
    (project / "workflow.py").write_text(
        "def change(document):\n    print('noise')\n    document['Comment'] = 'mine'\n    return document\n"
    )
    assert source.customized(project, {"StartAt": "A"}) == {"StartAt": "A", "Comment": "mine"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("def change(document):\n    return 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("def change(document):\n    return [1]\n", "change\\(\\) did not return an object"),
        ("x = 1\n", "KeyError: 'change'"),
    ],
)
def test_a_workflow_py_that_fails_is_told(project: Path, text: str, problem: str) -> None:
    (project / "workflow.py").write_text(text)
    with pytest.raises(WorkflowCustomizationFailed, match=problem):
        source.customized(project, {})
