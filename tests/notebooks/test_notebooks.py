"""The examples' notebooks run from top to bottom, in a project that was just made."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import container
import tiny
from shipway.project.create import create, examples

HERE = Path(__file__).parent
NAMES = ["01-local-development", "02-training-workflow", "03-endpoint-and-api", "04-whole-system"]


@pytest.mark.parametrize("example", ["flights", "digits"])
def test_a_notebook_is_kept_without_what_it_printed(example: str) -> None:
    found = sorted((examples()[example] / "notebooks").glob("*.ipynb"))
    assert [path.stem for path in found] == NAMES
    for path in found:
        cells = json.loads(path.read_text())["cells"]
        assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("example", ["flights", "digits"])
def test_the_notebooks_run_in_their_order(tmp_path: Path, example: str) -> None:
    project = create(tmp_path / example, example=example)
    tiny.share_environments(project)
    python = container.environment(HERE / "requirements.lock") / "bin" / "python"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "IPYTHONDIR": str(tmp_path / "ipython")}
    try:
        command = [str(python), str(HERE / "execute.py"), str(project / "notebooks")]
        with (tmp_path / "said.txt").open("w") as said:  # a file: a server that a cell left must not keep a pipe open
            code = subprocess.run(command, env=variables, stdout=said, stderr=said, check=False).returncode
    finally:
        down = [sys.executable, "-m", "shipway.cli.main", "--project", str(project), "down"]
        subprocess.run(down, check=True, capture_output=True)
    text = (tmp_path / "said.txt").read_text()
    assert code == 0, text[-4000:]
    assert text.count(" cells") == len(NAMES)
