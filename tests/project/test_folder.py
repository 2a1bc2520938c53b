"""A project's folder: where it is found, and what must be in it."""

from pathlib import Path

import pytest

from shipway.domain.project import ProjectInvalid
from shipway.project.create import create, examples
from shipway.project.folder import ProjectNotFound, find, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project made from the template, without its data."""
    return create(tmp_path / "tiny", data=False)


def told(folder: Path) -> list[tuple[str, str, str]]:
    """Return the problems of a folder as rows."""
    with pytest.raises(ProjectInvalid) as error:
        load(folder)
    return [(each.path, each.problem, each.remedy) for each in error.value.problems]


def test_the_template_is_a_whole_project(folder: Path) -> None:
    loaded = load(folder)
    assert loaded.project.name == "tiny"
    assert loaded.dockerfile.is_file()
    assert loaded.handler.is_file()


@pytest.mark.parametrize("name", examples())
def test_the_examples_are_whole_projects(name: str) -> None:
    assert load(examples()[name]).project.name == name


def test_optional_files_are_none_when_they_are_not_there(folder: Path) -> None:
    assert load(folder).workflow is None
    (folder / "workflow.py").write_text("def change(document):\n    return document\n")
    assert load(folder).workflow == folder / "workflow.py"


def test_everything_missing_is_told_at_once_with_the_problems_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "shipway.toml").write_text('name = "tiny"\ntraning = {}\n')
    assert told(tmp_path) == [
        ("traning", "unknown key", 'did you mean "training"?'),
        ("container/Dockerfile", "is missing", "write it: the image that prepares, trains, evaluates and serves"),
        ("container/code/prepare_data.py", "is missing", "write it: it prepares the raw data"),
        ("container/code/train", "is missing", "write it: it trains the model"),
        ("container/code/evaluate.py", "is missing", "write it: it writes evaluation.json"),
        ("container/code/serve", "is missing", "write it: it answers /ping and /invocations"),
        ("function/handler.py", "is missing", "write it: handler(event, context) answers one request of the API"),
    ]


def test_a_command_that_cannot_be_started_is_told(folder: Path) -> None:
    (folder / "container" / "code" / "train").chmod(0o644)
    assert told(folder) == [("container/code/train", "is not executable", "chmod +x container/code/train")]


@pytest.mark.parametrize(
    ("file", "source", "problem"),
    [
        (
            "function/handler.py",
            "def handle(e, c): ...",
            ("function/handler.py", "defines no handler", "write it: def handler(event, context)"),
        ),
        (
            "function/handler.py",
            "x = 1\ndef handler(",
            ("function/handler.py, line 2", "is not Python: '(' was never closed", "mend that line"),
        ),
        (
            "function/pre_traffic_hook.py",
            "",
            ("function/pre_traffic_hook.py", "defines no handler", "write it: def handler(event, context)"),
        ),
        (
            "container/code/evaluate.py",
            "1 +",
            ("container/code/evaluate.py, line 1", "is not Python: invalid syntax", "mend that line"),
        ),
        ("workflow.py", "if:", ("workflow.py, line 1", "is not Python: invalid syntax", "mend that line")),
    ],
)
def test_a_python_file_that_cannot_work_is_told(
    folder: Path, file: str, source: str, problem: tuple[str, str, str]
) -> None:
    (folder / file).write_text(source)
    assert told(folder) == [problem]


@pytest.mark.parametrize(
    "source", ["handler = print", "from api import handler", "async def handler(e, c): ...", "import api as handler"]
)
def test_a_handler_may_come_from_anywhere(folder: Path, source: str) -> None:
    (folder / "function" / "handler.py").write_text(source + "\n")
    assert load(folder).project.name == "tiny"


def test_the_nearest_project_upwards_is_found(folder: Path) -> None:
    assert find(folder / "container" / "code") == folder
    with pytest.raises(ProjectNotFound):
        find(folder.parent)
    with pytest.raises(ProjectNotFound):
        load(folder.parent)
