"""Virtual environments by their lock: made once, whole or not at all, shared by every image that means the same."""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shipway.targets.local.images.lock import lock_content
from shipway.targets.local.images.uv import run_uv

LAYOUT = "2"  # raised when environments are made in another way, so that old ones are not taken for new ones


def environment_digest(locks: Sequence[Path]) -> str:
    """Return the name of the environment that `locks` mean for this machine's Python."""
    about = [LAYOUT, sys.version, platform.machine(), sys.base_prefix, *(lock_content(lock) for lock in locks)]
    return hashlib.sha256("\0".join(about).encode()).hexdigest()


def ensure_environment(image: str, folder: Path, locks: Sequence[Path], progress: Callable[[str], None]) -> Path:
    """Return the environment for `locks` below `folder`, made if this machine does not have it yet.

    Made under another name and renamed when whole, under a lock: two builders at once make it once.
    Raises BuildFailed with uv's reason.
    """
    digest = environment_digest(locks)
    target = folder / digest
    if _whole(target):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive(folder / f"{digest}.lock"):
        if _whole(target):
            return target
        shutil.rmtree(target, ignore_errors=True)  # its Python is gone
        half = Path(tempfile.mkdtemp(prefix=f".{digest[:12]}-", dir=folder))
        try:
            _make(image, half, locks, progress)
            half.chmod(0o755)
            half.rename(target)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return target


def _whole(target: Path) -> bool:
    return (target / "bin" / "python").exists()


def _make(image: str, folder: Path, locks: Sequence[Path], progress: Callable[[str], None]) -> None:
    progress(f"making an environment for Python {platform.python_version()}")
    base = getattr(sys, "_base_executable", sys.executable)
    run_uv(
        image,
        ["venv", "--quiet", "--relocatable", "--allow-existing", "--no-project", "--python", base, str(folder)],
        progress,
    )
    filled = [lock for lock in locks if lock_content(lock)]
    if filled:
        sources = [argument for lock in filled for argument in ("-r", str(lock))]
        interpreter = str(folder / "bin" / "python")
        run_uv(image, ["pip", "install", "--require-hashes", "--python", interpreter, *sources], progress)
        _compile(folder, progress)


def _compile(folder: Path, progress: Callable[[str], None]) -> None:
    """Write byte code now: a sandbox shows the environment read-only, so that each start would compile it again.

    Packages' own tests are left out, they are a third of the work. The byte code names no time, so a copy of the home
    folder does not outdate it. Files that are no valid Python (templates) are nobody's problem here.
    """
    began = time.monotonic()
    command = [str(folder / "bin" / "python"), "-I", "-m", "compileall", "-qq", "-j", "0", "-x", "/tests?/"]
    command += ["--invalidation-mode", "unchecked-hash", str(folder / "lib")]
    subprocess.run(command, capture_output=True, check=False)
    progress(f"compiled byte code in {time.monotonic() - began:.1f} s")


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold `path`'s lock for the block; freed by the kernel when the process ends."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
