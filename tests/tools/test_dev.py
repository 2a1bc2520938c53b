"""./dev on machines that are not ready for it: what it says, and what it finds."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from places import ROOT

OLD = """#!/bin/sh
case $1 in --version) echo Python 3.10.2 ;; *) exit 1 ;; esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of ./dev with nothing set up around it."""
    shutil.copy(ROOT / "dev", tmp_path / "dev")
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "cat"):
        (programs / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def dev(clone: Path, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ./dev with only the programs of `clone/bin`."""
    given = {"PATH": str(clone / "bin"), **(environment or {})}
    return subprocess.run([clone / "dev", *words], env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("verb", ["test", "demo", "check", "setup", "clean"])
def test_without_a_python_one_line_says_what_to_install(clone: Path, verb: str) -> None:
    done = dev(clone, verb)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "dev: Python 3.11 or newer is needed, found none: sudo apt-get install python3.11 (or brew install python)"
    ]


def test_an_old_python_is_named(clone: Path) -> None:
    (clone / "bin" / "python3").write_text(OLD)
    (clone / "bin" / "python3").chmod(0o755)
    done = dev(clone, "test")
    assert (done.returncode, "found Python 3.10.2" in done.stderr) == (2, True)


def test_an_unknown_verb_is_refused_with_the_list(clone: Path) -> None:
    done = dev(clone, "demmo")
    assert done.returncode == 2
    assert done.stderr.startswith("dev: no verb 'demmo'\nusage: ./dev VERB")


def test_help_needs_nothing(clone: Path) -> None:
    assert dev(clone).stdout == dev(clone, "--help").stdout != ""


def test_it_runs_from_any_folder(clone: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PATH": str(clone / "bin"), "CDPATH": str(tmp_path)}
    done = subprocess.run(
        ["sh", "../dev", "bench"], cwd=clone / "bin", env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
