"""Packages of Debian and Ubuntu: installed by root, or unpacked below `.tools` by anybody else."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from places import TOOLS, say

UNPACKED = TOOLS / "root"  # packages unpacked here, laid out like /
POLICY = Path("/usr/sbin/policy-rc.d")
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
# A list that cannot be fetched is told, and the others are used: a machine may have sources that Shipway does not need.
UPDATE = ["-o", "APT::Update::Error-Mode=any", "update"]
WANTED = re.compile(r"^Inst (\S+) ", re.MULTILINE)


def here() -> bool:
    """Tell whether this is a machine of Debian's family."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def install(packages: list[str]) -> bool:
    """Install packages on the system, as root; tell whether it worked. No service of theirs is started."""
    install = ["install", "--yes", "--no-install-recommends", *packages]
    with _no_services():
        done = _apt(install)
        if not done:
            _apt(UPDATE, loud=True)
            done = _apt(install, loud=True)
    if done:
        _disable(packages)
    return done


def unpack(packages: list[str]) -> bool:
    """Unpack packages, and what they need that this machine lacks, below `.tools/root`; tell whether it worked."""
    listed = any((TOOLS / "apt/lists").glob("*Packages*"))
    if listed and _unpack(packages):
        return True
    _apt([*_own_state(), *UPDATE], loud=True)
    return _unpack(packages)


def _unpack(packages: list[str]) -> bool:
    options = _own_state()
    plan = _output([*options, "--simulate", "install", "--no-install-recommends", *packages])
    names = WANTED.findall(plan)
    if not names:
        return False
    folder = TOOLS / "apt/packages"
    folder.mkdir(parents=True, exist_ok=True)
    if not _apt([*options, "download", *names], cwd=folder, loud=True):
        return False
    UNPACKED.mkdir(exist_ok=True)
    done = [
        subprocess.run(["dpkg-deb", "--extract", str(file), str(UNPACKED)], check=False).returncode == 0
        for file in sorted(folder.glob("*.deb"))
    ]
    shutil.rmtree(folder)
    return all(done)


def private_file(package: str, pattern: str) -> Path | None:
    """Return a file of a package that stays private to this clone, or None where it cannot be had."""
    if here() and not any(UNPACKED.glob(pattern)):
        say(f"fetching Debian's package {package}")
        unpack([package])
    return next(iter(sorted(UNPACKED.glob(pattern))), None)


def _own_state() -> list[str]:
    """Return apt's options that move all that it writes below `.tools`; the sources and keys stay the machine's."""
    apt = TOOLS / "apt"
    for folder in ("lists/partial", "archives/partial"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    state = {
        "Dir::State": apt,
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": apt,
        "Dir::Cache::archives": apt / "archives",
        "APT::Sandbox::User": "root",  # no other user to change to, and none needed
        "Debug::NoLocking": "1",
    }
    return [word for name, value in state.items() for word in ("-o", f"{name}={value}")]


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep packages from starting their services while they are installed, unless the machine has its own rule."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _disable(packages: list[str]) -> None:
    """Keep the new services from starting with the machine: Shipway starts its own copies."""
    if Path("/run/systemd/system").is_dir():
        for package in packages:
            command = ["systemctl", "disable", "--now", package]
            subprocess.run(command, capture_output=True, check=False)


def _apt(words: list[str], *, cwd: Path | None = None, loud: bool = False) -> bool:
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", *words]
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | QUIET, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode and loud:
        say("apt-get: " + (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2])
    return done.returncode == 0


def _output(words: list[str]) -> str:
    command = ["apt-get", *words]
    return subprocess.run(command, env=os.environ | QUIET, capture_output=True, text=True, check=False).stdout
