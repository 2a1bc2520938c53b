"""Where things are in a clone, and how set-up talks."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"  # what set-up brings besides the environment: programs, package lists, its lock
LOCK = ROOT / "requirements.lock"


def say(line: str) -> None:
    """Print one line about the set-up; standard output belongs to the verb that follows."""
    sys.stderr.write(f"dev: {line}\n")
    sys.stderr.flush()
