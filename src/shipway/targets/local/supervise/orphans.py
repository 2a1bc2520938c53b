"""Ending programs whose supervisor died without a word: found by their recorded ids and births."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from shipway.targets.local.supervise.launch import born


def recorded(folder: Path) -> dict[str, int]:
    """Return program name -> process id of those that were recorded in `folder` and still run."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            entry = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if entry["born"] and born(entry["pid"]) == entry["born"]:
            found[path.stem] = int(entry["pid"])
    return found


def end(folder: Path, grace: float) -> list[str]:
    """End all recorded programs: SIGTERM to each group, SIGKILL after `grace` seconds; return the names of the ended.

    Each leads a process group of its own: supervisord made it so.
    """
    alive = recorded(folder)
    for pid in alive.values():
        signal_group(pid, signal.SIGTERM)
    wait_for(lambda: not recorded(folder), grace)
    for pid in recorded(folder).values():
        signal_group(pid, signal.SIGKILL)
    wait_for(lambda: not recorded(folder), 5)
    return list(alive)


def signal_group(pid: int, what: signal.Signals) -> None:
    """Signal a program and its group."""
    try:
        os.killpg(pid, what)
    except ProcessLookupError:
        return
    except PermissionError:  # pragma: no cover - the id passed to another user between two looks
        return


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether `condition` became true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
