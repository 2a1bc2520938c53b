"""Check requirements.lock: hashes for everything, no address of any kind, and what pyproject.toml asks for."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pips
from places import LOCK, ROOT, VENV, say

FORBIDDEN = ("://", "index-url", "find-links", "trusted-host")
PIN = re.compile(r"^([A-Za-z0-9._-]+==[^\s;\\]+)", re.MULTILINE)
COMPILE = (
    *("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate"),
    *("--python-version", "3.11", "--extra", "local", "--group", "dev", "pyproject.toml"),
)


def main() -> int:
    """Return the exit code: 1 with the reasons when the lock file must not be committed as it is."""
    problems = faults(LOCK.read_text()) + _stale()
    for problem in problems:
        say(f"requirements.lock: {problem}")
    return 1 if problems else 0


def faults(text: str) -> list[str]:
    """Return what is wrong with a lock file's text."""
    problems = [f"line {number} has {word!r}" for number, line in _lines(text) for word in FORBIDDEN if word in line]
    entries = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)
    return problems + [
        f"no hash for {entry.split()[0]}" for entry in entries if entry.strip() and "sha256:" not in entry
    ]


def _lines(text: str) -> list[tuple[int, str]]:
    return list(enumerate(text.splitlines(), start=1))


def _stale() -> list[str]:
    """Return how the lock differs from what pyproject.toml would give, starting from the lock's own versions."""
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / "requirements.lock"
        shutil.copy(LOCK, new)
        command = [str(VENV / "bin" / "uv"), *COMPILE, "--output-file", str(new)]
        done = subprocess.run(
            command, cwd=ROOT, env=pips.for_uv(os.environ), capture_output=True, text=True, check=False
        )
        if done.returncode:
            return [f"could not be compared with pyproject.toml: {done.stderr.strip()}"]
        before, after = set(PIN.findall(LOCK.read_text())), set(PIN.findall(new.read_text()))
    return [f"is out of date with pyproject.toml at {pin}" for pin in sorted(before ^ after)]


if __name__ == "__main__":
    sys.exit(main())
