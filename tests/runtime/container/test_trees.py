"""The compact trees of flights against scikit-learn's own predictions."""

import subprocess
from pathlib import Path

from container import Container, assert_success


def test_the_bit_masks_predict_what_scikit_learn_predicts(flights: Container) -> None:
    script = Path(__file__).parent / "compare_trees.py"
    command = [str(flights.environment / "bin" / "python"), str(script), "2", "31", "33", "64"]  # leaves a tree
    variables = flights.variables({"PYTHONPATH": str(flights.code)})
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert_success(done)
    assert float(done.stdout) < 1e-12
