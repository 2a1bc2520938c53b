"""The programs that Shipway runs and does not bring: where they are on this machine."""

import os
import shutil
from pathlib import Path
from typing import ClassVar

from shipway.domain.errors import ShipwayError

# What is lost without a program; the Debian package that brings it, where its name is another.
COSTS = {
    "haproxy": "no API in front of endpoints and functions",
    "nginx": "containers that serve through nginx do not start",
    "bwrap": "jobs and endpoints run without namespaces, one at a time",
    "wrk": "no load for the benchmarks",
    "git": "no commit is recorded with a release",
}
PACKAGES = {"bwrap": "bubblewrap", "nginx": "nginx-light"}
SYSTEM = (Path("/usr/local/sbin"), Path("/usr/sbin"), Path("/sbin"))  # not on a plain user's PATH on Debian


class ProgramMissing(ShipwayError):
    """A program that a part of the product runs is nowhere on this machine."""

    message: ClassVar[str] = "{program} is not installed on this machine: {cost}"
    hint: ClassVar[str] = "{install}"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 503

    def __init__(self, program: str, remedy: str) -> None:
        cost = COSTS.get(program, "what needs it does not run")
        super().__init__(program=program, cost=cost, install=remedy)


def find(program: str) -> Path:
    """Return the absolute path of `program`.

    Looked for on PATH, in the system's own folders, then in the folders of `private_folders()`.
    Raises ProgramMissing, with the command that installs it.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, (*SYSTEM, *private_folders()))])
    found = shutil.which(program, path=path)
    if found is None:
        package = PACKAGES.get(program, program)
        raise ProgramMissing(program, f"install it: sudo apt-get install --no-install-recommends {package}")
    return Path(found).absolute()


def private_folders() -> tuple[Path, ...]:
    """Return the folders of programs that belong to Shipway alone, the nearest first.

    SHIPWAY_TOOLS names one; a working tree that was set up by a plain user has `.tools/bin`. The programs there are
    small scripts that need the folder above them (libraries and data), so a sandbox shows `folder.parent`, anywhere.
    """
    named = os.environ.get("SHIPWAY_TOOLS")
    tree = Path(__file__).resolve().parents[4]
    own = [tree / ".tools" / "bin"] if (tree / "pyproject.toml").is_file() else []
    return tuple(folder for folder in ([Path(named).absolute()] if named else []) + own if folder.is_dir())
