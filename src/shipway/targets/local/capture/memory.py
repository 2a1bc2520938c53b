"""The half of the spool that is in memory: where it is, and whether this machine has room for it."""

import contextlib
import os
import secrets
from pathlib import Path

from shipway.targets.local.capture import spool
from shipway.targets.local.home import Home
from shipway.targets.local.supervise.runtime import IDENTITY, private_folder, sweep

MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder in it, as for sockets
MEMORY_NEEDED = 256 * 2**20


def memory_of(home: Path) -> Path:
    """Return the half of a home's spool that is in memory, made if it is not there.

    A home that is made where another one was has another half: what waits there, and was counted, is not its own.
    Where this machine has no memory file system of that size it is a folder on the disk, and requests wait for that.
    """
    if not memory_lacks():
        with contextlib.suppress(OSError):
            return private_folder(MEMORY, home, _identity(home))
    fallback = home / "capture" / "memory"
    fallback.mkdir(parents=True, exist_ok=True, mode=0o700)
    return fallback


def sweep_memory() -> None:
    """Remove the folders in memory of homes that are gone, unless records wait in them: somebody may want them back."""
    with contextlib.suppress(OSError):
        sweep(MEMORY, lambda folder: bool(spool.segments(folder)))


def memory_lacks() -> str:
    """Return why records cannot wait in memory on this machine, "" when they can."""
    try:
        found = os.statvfs(MEMORY)
    except OSError as error:
        return f"there is no {MEMORY}: {error.strerror}"
    size = found.f_blocks * found.f_frsize  # not what is free now: every process has to come to the same answer
    if size < MEMORY_NEEDED:
        return f"{MEMORY} has {size // 2**20} MiB, {MEMORY_NEEDED // 2**20} are needed"
    return "" if os.access(MEMORY, os.W_OK) else f"{MEMORY} may not be written"


def _identity(home: Path) -> str:
    return Home(home).secret(home / IDENTITY, lambda: secrets.token_hex(16))
