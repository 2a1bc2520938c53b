"""Stop what runs from this clone, then remove the environment, the unpacked programs and the caches."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

from places import ROOT, TOOLS, VENV, say

CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis", "build", "dist")
PATIENCE = 10  # seconds from the polite signal to the other


def main() -> int:
    """Return 0 once nothing of this clone runs and only its sources and its users' data are left."""
    _stop()
    for folder in (VENV, TOOLS, *(ROOT / name for name in CACHES)):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in [*ROOT.glob("src/**/__pycache__"), *ROOT.glob("t*/**/__pycache__")]:
        shutil.rmtree(folder, ignore_errors=True)
    for home in sorted([*ROOT.glob(".shipway"), *ROOT.glob("*/*/.shipway")]):
        say(f"kept, with models and data: {home} (remove it yourself)")
    return 0


def _stop() -> None:
    deadline = time.monotonic() + PATIENCE
    for pid, command in _running().items():
        say(f"stopping {pid}: {command[:100]}")
        _signal(pid, signal.SIGTERM)
    while running := _running():
        if time.monotonic() > deadline:
            for pid in running:
                _signal(pid, signal.SIGKILL)
        time.sleep(0.1)


def _running() -> dict[int, str]:
    """Return the processes that run a program or hold a folder of this clone's environment: pid -> command line."""
    own = tuple(f"{folder}/" for folder in (VENV, TOOLS, ROOT / ".shipway"))
    kin = _ancestors()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            where = str((process / "cwd").readlink()) + "/"
        except OSError:
            continue
        runs = any(word.startswith(own) for word in words) or where.startswith(own)
        if runs and int(process.name) not in kin:
            found[int(process.name)] = " ".join(words)
    return found


def _ancestors() -> set[int]:
    """Return this process and those that wait for it: whoever cleans is not stopped."""
    pid, kin = os.getpid(), set[int]()
    while pid > 0 and pid not in kin:
        kin.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return kin


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


if __name__ == "__main__":
    sys.exit(main())
