"""requirements.lock: the exact packages, with hashes, that requirements.txt meant when it was compiled."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from shipway.domain.image import BuildFailed
from shipway.targets.local.images.uv import run_uv

Progress = Callable[[str], None]
_STAMP = re.compile(r"^# compiled from (\S+) sha256:([0-9a-f]{64})$", re.MULTILINE)


def ensure_lock(image: str, requirements: Path, progress: Progress, python: str) -> Path:
    """Return the lock of `requirements`, compiled and written beside it when it is missing or speaks of other content.

    A lock without Shipway's stamp was made by another tool and is taken as it is. An old lock's versions are kept
    where the new requirements allow them. `requirements` may itself be a lock, with its requirements.txt or without.
    python: the oldest version that a new lock is good for, as "3.11".
    Raises BuildFailed with the resolver's own reason.
    """
    if requirements.suffix == ".lock" and requirements.with_suffix(".txt").is_file():
        requirements = requirements.with_suffix(".txt")
    if not requirements.is_file():
        raise BuildFailed(
            image=image, cause=f"{requirements} does not exist", remedy="write it, an empty one is enough"
        )
    if requirements.suffix == ".lock":
        return requirements
    lock = requirements.with_suffix(".lock")
    stamp = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if lock.is_file():
        found = _STAMP.search(lock.read_text())
        if found is None or found[2] == stamp:
            return lock
        progress(f"{lock.name} was compiled from other requirements: compiling it anew")
    else:
        progress(f"compiling {requirements.name} into {lock.name}")
    command = [*("pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-annotate")]
    _compile(image, [*command, "--python-version", python, str(requirements)], lock, stamp, progress)
    return lock


def _compile(image: str, command: list[str], lock: Path, stamp: str, progress: Progress) -> None:
    half = lock.with_name(lock.name + ".new")
    if lock.is_file():
        half.write_text(lock.read_text())  # the resolver prefers the versions that it finds in its output file
    try:
        run_uv(image, [*command, "-o", str(half)], progress)
        body = _STAMP.sub("", half.read_text()).lstrip()
        half.write_text(f"# compiled from {lock.with_suffix('.txt').name} sha256:{stamp}\n{body}")
        half.replace(lock)
    finally:
        half.unlink(missing_ok=True)


def lock_content(lock: Path) -> str:
    """Return what a lock says, without comments and empty lines: equal content means equal packages."""
    lines = (line.rstrip() for line in lock.read_text().splitlines())
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
