"""init and check: what they print, with a real folder behind them."""

import json
from pathlib import Path

import pytest

import transcript
from fakes import FakeTarget
from shipway.project.create import create


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_says_what_comes_next(folder: Path) -> None:
    output = transcript.call(FakeTarget(), ["init", "my-model", "--no-data"])
    assert output == transcript.Output(
        0,
        "made my-model\n"
        "next: cd my-model\n"
        "      shipway up\n"
        "      shipway data put FILE_OR_FOLDER\n"
        "      shipway start\n",
        "making my-model ...\n",
    )
    assert (folder / "my-model" / "shipway.toml").is_file()


def test_init_with_its_data_names_the_folder_of_it(folder: Path) -> None:
    output = transcript.call(FakeTarget(), ["init", "my-model"])
    assert "      shipway data put data\n" in output.out
    assert (folder / "my-model" / "data").is_dir()


def test_init_as_json(folder: Path) -> None:
    output = transcript.call(FakeTarget(), ["init", "deep/my-model", "--example", "digits", "--no-data", "--json"])
    assert json.loads(output.out) == {"name": "my-model", "folder": str(folder / "deep" / "my-model")}
    assert (output.code, output.err) == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["init", "My_Model"], 2, "error: 'My_Model' cannot be a project's name\n"),
        (["init", "my-model", "--example", "birds"], 4, "error: there is no example 'birds'\n"),
        (["init", "."], 2, "cannot be a project's name\n"),
    ],
)
def test_init_refuses(folder: Path, words: list[str], code: int, error: str) -> None:
    output = transcript.call(FakeTarget(), words)
    assert (output.code, output.out) == (code, "")
    assert error in output.err
    assert list(folder.iterdir()) == []


def test_init_never_overwrites(folder: Path) -> None:
    create(folder / "my-model", data=False)
    output = transcript.call(FakeTarget(), ["init", "my-model", "--no-data"])
    assert output.code == 5
    assert output.err.endswith(
        f"error: {folder}/my-model already exists and is not empty\nhint: choose another name, or remove it first\n"
    )


def test_check_says_that_all_is_well(folder: Path) -> None:
    create(folder / "tiny", data=False)
    told = transcript.call(FakeTarget(), ["check", "--project", "tiny"])
    assert told == transcript.Output(0, "tiny: no problems; the training workflow has 2 states\n", "")
    output = transcript.call(FakeTarget(), ["check", "--project", "tiny", "--json"])
    assert json.loads(output.out) == {
        "project": "tiny",
        "folder": str(folder / "tiny"),
        "problems": [],
        "states": ["Train", "Gate"],
    }


def test_check_tells_every_problem_with_what_to_write(folder: Path) -> None:
    create(folder / "tiny", data=False)
    (folder / "tiny" / "shipway.toml").write_text(
        'name = "tiny"\n[aproval]\nrequired = false\n[function]\ntimeout = 30\n'
    )
    (folder / "tiny" / "function" / "handler.py").unlink()
    text = transcript.call(FakeTarget(), ["check", "--project", "tiny"])
    assert text == transcript.Output(
        2,
        "",
        "error: shipway.toml has 3 problems:\n"
        "  function.timeout: is a number without a unit, not a time\n"
        '    write it as a text with a unit: "5m"\n'
        "  aproval: unknown key\n"
        '    did you mean "approval"?\n'
        "  function/handler.py: is missing\n"
        "    write it: handler(event, context) answers one request of the API\n"
        "hint: mend them, then look again: shipway check\n",
    )
    output = transcript.call(FakeTarget(), ["check", "--project", "tiny", "--json"])
    assert (output.code, output.out) == (2, "")
    assert json.loads(output.err)["error"]["problems"][1] == {
        "path": "aproval",
        "problem": "unknown key",
        "remedy": 'did you mean "approval"?',
    }
