"""The tutorial runs from top to bottom, and what it says came true."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_line_of_the_tutorial_works(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = "\n".join(BLOCK.findall(PAGE))
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        subprocess.run(
            ["shipway", "--project", "late", "down"], cwd=tmp_path, env={**os.environ, "PATH": path}, check=False
        )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    callers = (tmp_path / "late" / "callers.txt").read_text()
    assert re.search(r"200 requests: 200 of status 200;", callers)
    assert not re.search(r"of status [345]", callers)
    assert "late-rollback-1 succeeded" in done.stdout
    assert "release            1" in done.stdout
