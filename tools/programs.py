"""The system programs that the product runs: found, or installed, or missed with a remedy."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import debian
from places import ROOT, TOOLS, say

sys.path.insert(0, str(ROOT / "src"))

from shipway.targets.local import tools

NEEDED = ("haproxy", "nginx", "bwrap")
BIN = TOOLS / "bin"
TRIED = TOOLS / "tried"  # the programs that could not be had, so that not every command tries again
FOLDERS = ("usr/sbin", "usr/bin", "sbin", "bin")
VERSION = {"haproxy": "-v", "nginx": "-v", "bwrap": "--version", "wrk": "-v"}
# A program that starts others must not hand them the libraries that are meant for itself.
FIRST = {"bwrap": "--unsetenv LD_LIBRARY_PATH "}
WRAPPER = """#!/bin/sh
root=$(cd -- "${{0%/*}}/../root" && pwd) || exit 127
LD_LIBRARY_PATH={libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}} exec "$root/{program}" {first}"$@"
"""
PLAIN = """#!/bin/sh
exec "${{0%/*}}/../root/{program}" "$@"
"""


def missing(extra: list[str]) -> list[str]:
    """Return the programs that are not on this machine."""
    return [program for program in (*NEEDED, *extra) if not _found(program)]


def given_up(extra: list[str]) -> bool:
    """Tell whether every missing program was tried for already."""
    tried = TRIED.read_text().split() if TRIED.exists() else []
    return set(missing(extra)) <= set(tried)


def install(extra: list[str]) -> None:
    """Install what is missing: by root on the system, by anybody else below `.tools`; note what could not be had."""
    lost = missing(extra)
    if debian.here():
        say(f"installing {', '.join(lost)}")
        packages = [tools.PACKAGES.get(program, program) for program in lost]
        if (os.geteuid() or not debian.install(packages)) and debian.unpack(packages):
            for program in lost:
                _wrap(program)
    TRIED.write_text("\n".join(missing(extra)))


def complaints(extra: list[str]) -> list[str]:
    """Return a line for each missing program: what it costs, and the command that brings it."""
    lines = []
    for program in missing(extra):
        try:
            tools.find(program)
        except tools.ProgramMissing as problem:
            remedy = problem.remedy if sys.platform != "darwin" else f"brew install {program}"
            lines.append(f"{problem}; {remedy}")
    return lines


def _found(program: str) -> bool:
    try:
        tools.find(program)
    except tools.ProgramMissing:
        return False
    return True


def _wrap(program: str) -> None:
    """Write `.tools/bin/PROGRAM` for an unpacked program, when it runs here."""
    file = next((debian.UNPACKED / folder / program for folder in FOLDERS if _is_there(folder, program)), None)
    if file is None:
        return
    BIN.mkdir(exist_ok=True)
    relative = file.relative_to(debian.UNPACKED)
    libraries = ":".join(f"$root/{folder}" for folder in _libraries())
    command = BIN / program
    template = WRAPPER if _lacks_libraries(file) else PLAIN
    command.write_text(template.format(program=relative, libraries=libraries, first=FIRST.get(program, "")))
    command.chmod(0o755)
    if subprocess.run([command, VERSION[program]], capture_output=True, check=False).returncode not in (0, 1):
        command.unlink()


def _is_there(folder: str, program: str) -> bool:
    return (debian.UNPACKED / folder / program).is_file()


def _libraries() -> list[Path]:
    """Return the folders of shared libraries that were unpacked, as paths below the unpacked root."""
    files = debian.UNPACKED.glob("**/lib*.so.*")
    folders = {file.parent.relative_to(debian.UNPACKED) for file in files}
    return sorted(folder for folder in folders if len(folder.parts) <= 3)  # not a program's own modules


def _lacks_libraries(file: Path) -> bool:
    ldd = shutil.which("ldd")
    if ldd is None:
        return True
    return "not found" in subprocess.run([ldd, str(file)], capture_output=True, text=True, check=False).stdout
