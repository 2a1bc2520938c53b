"""New projects: from the template and from examples, whole or not at all."""

import os
import re
import sys
from pathlib import Path

import pytest

from shipway.project import create as module
from shipway.project.create import ExampleNotFound, FetchFailed, FolderExists, NameInvalid, create, examples, fetch
from shipway.project.folder import load


def test_a_new_project_bears_its_folders_name(tmp_path: Path) -> None:
    folder = create(tmp_path / "deep" / "my-model", data=False)
    assert folder == tmp_path / "deep" / "my-model"
    assert load(folder).project.name == "my-model"
    assert os.access(folder / "container" / "code" / "train", os.X_OK)


@pytest.mark.parametrize("example", ["flights", "digits"])
def test_an_example_is_copied_without_what_was_run_in_it(tmp_path: Path, example: str) -> None:
    folder = create(tmp_path / "mine", example=example, data=False)
    assert load(folder).project.name == "mine"
    assert not list(folder.rglob("__pycache__"))
    assert not (folder / "data").exists()
    theirs = (examples()[example] / "shipway.toml").read_text()
    assert (folder / "shipway.toml").read_text() == theirs.replace(f'name = "{example}"', 'name = "mine"', 1)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    create(tmp_path / "mine", data=False)
    before = (tmp_path / "mine" / "shipway.toml").read_bytes()
    with pytest.raises(FolderExists, match="is not empty"):
        create(tmp_path / "mine", data=False)
    assert (tmp_path / "mine" / "shipway.toml").read_bytes() == before
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderExists):
        create(tmp_path / "file", data=False)


def test_names_and_examples_are_checked_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(NameInvalid) as error:
        create(tmp_path / "My_Model", data=False)
    assert error.value.remedy == "use 2 to 32 small letters, digits and single hyphens, beginning with a letter"
    with pytest.raises(ExampleNotFound) as missing:
        create(tmp_path / "mine", example="flight", data=False)
    assert missing.value.remedy == "use one of: digits, flights"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An example `small` whose fetch_data.py the test writes; the only one there is."""
    example = tmp_path / "examples" / "small"
    example.mkdir(parents=True)
    (example / "shipway.toml").write_text('name = "small"\n')
    monkeypatch.setattr(module, "EXAMPLES", (example.parent,))
    return example


def test_the_examples_data_is_fetched_and_its_progress_is_told(fetching: Path, tmp_path: Path) -> None:
    (fetching / "fetch_data.py").write_text(
        "from pathlib import Path\nPath('data').mkdir()\nPath('data/a.csv').write_text('1')\nprint('1 row')\n"
    )
    (fetching / "fetch_data.lock").write_text("")
    told: list[str] = []
    folder = create(tmp_path / "mine", example="small", progress=told.append)
    assert (folder / "data" / "a.csv").read_text() == "1"
    assert told[0] == "making the environment of fetch_data.py"
    assert told[-2:] == ["fetching the data", "1 row"]
    assert not list(folder.rglob("__pycache__"))


def test_a_half_written_project_is_removed_when_the_data_cannot_be_had(fetching: Path, tmp_path: Path) -> None:
    (fetching / "fetch_data.py").write_text("import sys\nopen('half', 'w')\nsys.exit('no network')\n")
    with pytest.raises(FetchFailed, match="could not be fetched: no network") as error:
        create(tmp_path / "mine", example="small")
    assert error.value.exit_code == 3
    assert [each.name for each in tmp_path.iterdir()] == ["examples"]


def test_a_package_of_another_content_is_refused(fetching: Path, tmp_path: Path) -> None:
    """Nothing is asked of an index: a lock without hashes is refused at once."""
    (fetching / "fetch_data.py").write_text("")
    (fetching / "fetch_data.lock").write_text("cattrs==26.2.1\n")
    with pytest.raises(FetchFailed, match=re.compile("hash", re.IGNORECASE)):
        create(tmp_path / "mine", example="small")


def test_an_example_is_fetched_again_in_place(fetching: Path) -> None:
    (fetching / "fetch_data.py").write_text("print('again')\n")
    told: list[str] = []
    fetch(fetching, told.append)
    assert told == ["fetching the data", "again"]
    assert sys.executable
