"""The proof by kills, in short; the long one has a ./dev verb of its own."""

import shutil
from pathlib import Path

import pytest

from trigger.proof import prove


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here, and the product does without it")
def test_each_cause_starts_one_execution_when_the_control_plane_is_killed(tmp_path: Path) -> None:
    sentence = prove(tmp_path, kills=2, seed=7)
    assert sentence.startswith("2 kills, 5 causes")
