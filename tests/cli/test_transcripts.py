"""Every verb's whole output, as text and as JSON, with its exit code."""

import json
from pathlib import Path

import pytest

import transcript
from fakes import FakeTarget

FILES = sorted(transcript.FOLDER.glob("*.txt"))
JSON_VERBS = [
    line for file in FILES for line in file.read_text().splitlines() if line.startswith("$") and "--json" in line
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, also the current one."""
    (tmp_path / "shipway.toml").write_text('name = "tiny"\n')
    (tmp_path / "rows.csv").write_bytes(b"1,2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_printed(file: Path) -> None:
    assert transcript.replay(file.read_text()) == file.read_text()


@pytest.mark.parametrize("line", sorted(set(JSON_VERBS)))
def test_under_json_standard_output_is_json_alone(line: str) -> None:
    """Whether it succeeds or not: one document, or one document a line; errors are a document too."""
    fake = FakeTarget()
    words = line.split("shipway ", 1)[1].split()
    output = transcript.call(fake, words)
    if output.out:
        try:
            json.loads(output.out)
        except json.JSONDecodeError:
            assert all(json.loads(each) for each in output.out.splitlines())
    if output.code:
        assert json.loads(output.err)["error"]["exit_code"] == output.code
    else:
        assert output.err == ""
