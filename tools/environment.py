"""The virtual environment of a clone: what the lock file says, the sources on the path, the command `shipway`."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pips
from places import LOCK, ROOT, VENV, say

PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".ready"  # written last: names what the environment was made from
BEGUN = VENV / ".begun"  # there while it is being made: an environment left half made is made anew
KEY = re.compile(r"version(_info)? *=")  # in pyvenv.cfg, by venv and by uv
COMMAND = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys
from {module} import {function}
sys.exit({function}())
"""


class SetupFailed(Exception):
    """Why the environment could not be made, and what to do."""


def ready() -> bool:
    """Tell whether the environment is whole and made from the present lock file, sources and place."""
    try:
        return STAMP.read_text() == _fingerprint(_version(PYTHON)) and os.access(PYTHON, os.X_OK)
    except OSError:
        return False


def make() -> None:
    """Make the environment, or bring it up to date. Raises SetupFailed."""
    if BEGUN.exists() or _version(PYTHON) != _version(Path(_base())):
        shutil.rmtree(VENV, ignore_errors=True)
    if not PYTHON.exists():
        _create()
    STAMP.unlink(missing_ok=True)
    BEGUN.touch()
    _install()
    _link()
    BEGUN.unlink()
    STAMP.write_text(_fingerprint(_version(PYTHON)))


def _create() -> None:
    """Make an empty environment. Debian and Ubuntu keep ensurepip in a package of its own: do without it."""
    say(f"making .venv with Python {sys.version.split()[0]}")
    options = [] if _has("ensurepip") else ["--without-pip"]
    _run([_base(), "-m", "venv", "--clear", *options, str(VENV)], "the virtual environment could not be made")


def _install() -> None:
    """Install the lock file: by uv, which takes a few seconds; by pip where uv cannot be had or fails."""
    environment = pips.settings(os.environ)
    uv = VENV / "bin" / "uv"
    say("installing what requirements.lock names")
    only_uv = VENV / "uv.lock"
    only_uv.write_text(entries(LOCK.read_text(), "uv"))
    hashed = ["install", "-qq", "--require-hashes", "--no-deps", "--requirement"]
    if uv.exists() or _try([*_pip(), *hashed, str(only_uv)], environment):
        sync = [str(uv), "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON), str(LOCK)]
        if _try(sync, pips.for_uv(environment)):
            return
    say("uv could not install it, pip does: this takes a minute longer")
    _run([*_pip(), *hashed, str(LOCK)], "the packages could not be installed", environment)


def _pip() -> list[str]:
    """Return the command line of pip for the environment: its own, or pip's wheel run as a program."""
    if _has("pip", PYTHON):
        return [str(PYTHON), "-m", "pip"]
    try:
        return [str(PYTHON), str(pips.wheel() / "pip")]
    except pips.NoPip as problem:
        raise SetupFailed(str(problem)) from problem


def _link() -> None:
    """Put the sources on the environment's path, and the project's commands into its bin folder."""
    layout = {"base": str(VENV), "platbase": str(VENV)}
    site = Path(sysconfig.get_path("purelib", "venv", layout))
    (site / "shipway.pth").write_text(f"{ROOT / 'src'}\n")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, target in project["scripts"].items():
        module, _, function = target.partition(":")
        file = VENV / "bin" / name
        file.write_text(COMMAND.format(python=PYTHON, module=module, function=function))
        file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def entries(lock: str, name: str) -> str:
    """Return the part of a lock file that is about one package: its line and the hashes below it."""
    kept, inside = [], False
    for line in lock.splitlines():
        if not line.startswith((" ", "#")):
            inside = line.startswith(f"{name}==")
        if inside:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _fingerprint(version: str) -> str:
    """Return what an environment depends on, as one checksum."""
    digest = hashlib.sha256(f"{ROOT}\n{version}\n".encode())
    for file in (LOCK, ROOT / "pyproject.toml", Path(__file__)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _version(python: Path) -> str:
    """Return the version of an interpreter without starting it when it is this one or the environment's."""
    if python == PYTHON:
        try:
            lines = (VENV / "pyvenv.cfg").read_text().splitlines()
        except OSError:
            return ""
        return next((line.partition("=")[2].strip() for line in lines if KEY.match(line)), "")
    return ".".join(map(str, sys.version_info[:3]))


def _base() -> str:
    return getattr(sys, "_base_executable", sys.executable)


def _has(module: str, python: Path | None = None) -> bool:
    command = [str(python or _base()), "-I", "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _try(command: Iterable[str], environment: dict[str, str]) -> bool:
    return subprocess.run(list(command), env=environment, check=False).returncode == 0


def _run(command: list[str], problem: str, environment: dict[str, str] | None = None) -> None:
    if subprocess.run(command, env=environment, check=False).returncode:
        raise SetupFailed(f"{problem}: read the lines above, then run the same command again")
