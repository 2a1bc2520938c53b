"""The whole story in a real account: SHIPWAY_LIVE_AWS=1. See docs/how-to/live-aws.md for what it takes and costs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LIVE = os.environ.get("SHIPWAY_LIVE_AWS") == "1"
HOURS = 3600
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not LIVE, reason="costs money: SHIPWAY_LIVE_AWS=1, see docs/how-to/live-aws.md"),
    pytest.mark.timeout(4 * HOURS),
]


class Shipway:
    """The command line on one project's folder, --target aws --json."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *words: str, codes: tuple[int, ...] = (0,)) -> Any:
        argv = [sys.executable, "-m", "shipway.cli.main", "--project", str(self._folder), "--target", "aws", "--json"]
        done = subprocess.run([*argv, *words], capture_output=True, text=True, check=False, env=dict(os.environ))
        assert done.returncode in codes, f"{words}: {done.stderr}"
        lines = done.stdout.strip().splitlines()
        return json.loads(done.stdout) if done.stdout.lstrip().startswith(("{\n", "[\n", "[]")) else lines


@pytest.fixture
def shipway(tmp_path: Path) -> Shipway:
    """The digits example, fed by its own archive so that no repository is needed."""
    subprocess.run(
        [sys.executable, "-m", "shipway.cli.main", "init", "digits", "--example", "digits"], check=True, cwd=tmp_path
    )
    toml = tmp_path / "digits" / "shipway.toml"
    toml.write_text(toml.read_text() + '\n[aws]\nsource = "s3"\n')
    return Shipway(tmp_path / "digits")


def test_a_project_is_made_released_rolled_back_and_taken_away(shipway: Shipway, tmp_path: Path) -> None:
    assert shipway("plan")["compared"], "sign in first"
    try:
        shipway("apply")
        assert not [fault for fault in shipway("doctor") if fault["fatal"]]
        shipway("data", "put", str(tmp_path / "digits" / "data"))
        for number in (1, 2):
            run = shipway("start", "--detach")["id"]
            shipway("executions", "show", run, "--follow", codes=(0, 3))
            shipway("approve", run, "--by", "live", "--yes", "--follow", codes=(0, 3))
            found = shipway("executions", "show", run)
            assert (found["status"], found["release"]) == ("succeeded", number), found["error_cause"]
        answer = shipway("invoke", str(tmp_path / "digits" / "samples" / "request.json"))
        assert answer["status"] == 200
        assert shipway("deployments")[0]["phase"] == "succeeded"
        shipway("rollback", "--to", "1", "--follow")
        assert [each["status"] for each in shipway("releases")] == ["retired", "live"]
    finally:
        left = shipway("destroy", "--yes", codes=(0, 3))
    assert {each["what"].split()[0] for each in left} <= {"bucket", "key"}, left
