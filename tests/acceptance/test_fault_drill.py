"""The drill finds what it breaks, lets the healthy through, and leaves nothing behind, also when it is interrupted."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from waiting import until

pytestmark = pytest.mark.slow

FEW = ("identical", "5xx-100", "turns-bad", "wrong-schema")


@contextmanager
def drill(folder: Path, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """A drill whose home is somewhere below a folder."""
    (folder / "scratch").mkdir()
    with (
        (folder / "said").open("w") as said,
        subprocess.Popen(
            [sys.executable, "-m", "shipway.cli.main", "drill", *arguments],
            env={**os.environ, "TMPDIR": str(folder / "scratch")},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as running,
    ):
        yield running


def left(folder: Path) -> list[str]:
    """What a drill has left: files below its folder, and processes that name it."""
    here = str(folder / "scratch")
    files = [path.name for path in (folder / "scratch").iterdir()]
    lines = [path for path in Path("/proc").glob("[0-9]*/cmdline") if here in _read(path)]
    return files + [str(path) for path in lines]


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def test_faults_are_found_and_a_healthy_release_goes_live(tmp_path: Path) -> None:
    only = [word for name in FEW for word in ("--only", name)]
    with drill(tmp_path, "--json", "--bake", "8", *only) as running:
        out, _ = running.communicate(timeout=100)
    table = json.loads(out)
    assert {row["candidate"]: row["why"] for row in table["rows"]} == dict.fromkeys(FEW, "")
    assert (table["missed"], running.returncode) == ([], 0)
    seen = {row["candidate"]: row["seen"] for row in table["rows"]}
    assert (seen["identical"]["end"], seen["identical"]["lost"]) == ("went live", {})
    assert (seen["5xx-100"]["exposed"], seen["wrong-schema"]["exposed"]) == (False, False)
    assert seen["turns-bad"]["by"].startswith("verdict: ")
    assert set(seen["turns-bad"]["lost"]) == {"502"}
    assert left(tmp_path) == []


def test_an_interrupted_drill_leaves_nothing_behind(tmp_path: Path) -> None:
    with drill(tmp_path, "--only", "identical") as running:
        until(lambda: "identical: baking" in (tmp_path / "said").read_text(), 40)
        running.send_signal(signal.SIGTERM)
        until(lambda: "stopping everything" in (tmp_path / "said").read_text(), 20)
        running.send_signal(signal.SIGINT)  # somebody is impatient
        running.communicate(timeout=60)
    assert running.returncode == 130
    assert left(tmp_path) == []


@pytest.mark.slow
@pytest.mark.timeout(960)
def test_the_whole_drill(tmp_path: Path) -> None:
    with drill(tmp_path, "--json") as running:
        out, _ = running.communicate(timeout=900)
    table = json.loads(out)
    assert {row["candidate"]: row["why"] for row in table["rows"] if not row["good"]} == {}
    assert running.returncode == 0
    assert left(tmp_path) == []
