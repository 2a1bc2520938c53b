"""The doctor for projects, and completion in a real shell."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import transcript
from fakes import FakeTarget


def test_faults_of_a_project_are_told_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "buildspec.yml").write_text("phases:\n  install:\n    commands:\n      - pip install boto3\n")
    told = transcript.call(FakeTarget(), ["doctor", str(tmp_path)])
    assert told.code == 3
    assert told.out == (
        "buildspec.yml:4: S7: boto3 may be any version: the build of today is not that of tomorrow\n"
        "  pin it, boto3==X.Y.Z, or lock all of it with hashes\n"
    )
    assert "has 1 fault\n" in told.err
    as_json = transcript.call(FakeTarget(), ["doctor", str(tmp_path), "--json"])
    assert [(each["rule"], each["line"]) for each in json.loads(as_json.out)] == [("S7", 4)]


def test_a_sound_project_needs_no_target(tmp_path: Path) -> None:
    told = transcript.call(FakeTarget(), ["doctor", str(tmp_path)])
    assert (told.code, told.out) == (0, "none of the known faults\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script(shell: str) -> None:
    told = transcript.call(FakeTarget(), ["completion", shell])
    assert told.code == 0
    assert "_SHIPWAY_COMPLETE" in told.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes_verbs() -> None:
    script = """
        eval "$(shipway completion bash)"
        COMP_WORDS=(shipway rele) COMP_CWORD=1
        _shipway_completion shipway
        echo "${COMPREPLY[@]}"
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "releases\n"
