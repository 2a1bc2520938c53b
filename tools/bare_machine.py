"""Prove the two commands on a new machine: Debian with a Python and nothing else, as root and as a plain user.

Debian is unpacked into a folder by debootstrap and entered as a root file system of its own; the network, the package
indexes and their certificates are this machine's. Everything is removed at the end.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pips
from places import ROOT, say

ENTER = ROOT / "tools" / "enter_root.sh"
PACKAGES = "python3,ca-certificates"
COPIED = ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "etc/ssl/certs/ca-certificates.crt", "etc/apt")
PASSED = re.compile(r"^(PIP_|UV_|[A-Z_]*CERT|SSL_|REQUESTS_CA|CURL_CA|AWS_CA)|_proxy$|_PROXY$|^CI$")
USERS = ("root", "plain")
DEFAULT = ("./dev demo --json /tmp/demo.json && cat /tmp/demo.json", "./dev test")


class Result(NamedTuple):
    """How a command ended, and how long it took."""

    user: str
    command: str
    code: int
    seconds: float

    def __str__(self) -> str:
        return f"[{self.user}] exit code {self.code} after {self.seconds:.1f} s: {self.command}"


def main() -> int:
    """Return the exit code: 1 when a command failed for one of the users."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", nargs="*", default=DEFAULT, help="run these instead of demo and test")
    parser.add_argument("--suite", default="bookworm", help="Debian's release")
    parser.add_argument("--user", choices=USERS, action="append", help="only this one")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable inside")
    parser.add_argument("--base", type=Path, help="a folder with the unpacked Debian: made when absent, then kept")
    options = parser.parse_args()
    if os.geteuid() or not shutil.which("debootstrap"):
        say("this needs root and debootstrap: sudo apt-get install debootstrap")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what is asked to stop cleans up, too
    results: list[Result] = []
    extra = dict(item.split("=", 1) for item in options.set)
    with tempfile.TemporaryDirectory(prefix="shipway-bare-") as folder:
        base = _base(options.base or Path(folder) / "base", options.suite)
        for user in options.user or USERS:
            with _machine(base, Path(folder) / user, user) as machine:
                results += [_run(machine, user, command, extra) for command in options.commands]
    for result in results:
        say(str(result))
    return 1 if any(result.code for result in results) else 0


def _base(base: Path, suite: str) -> Path:
    """Unpack Debian into `base`, unless it is there."""
    if not (base / "usr/bin/python3").exists():
        begun = time.monotonic()
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(base)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"debootstrap failed: {done.stdout[-400:]}{done.stderr[-400:]}")
        say(f"Debian {suite} unpacked in {time.monotonic() - begun:.0f} s")
    return base


@contextmanager
def _machine(base: Path, root: Path, user: str) -> Iterator[Path]:
    """A copy of the base with this machine's way to the indexes, and a clone that belongs to `user`; then removed."""
    subprocess.run(["cp", "-a", "--reflink=auto", f"{base}/.", str(root)], check=True)
    for name in COPIED:
        source, target = Path("/") / name, root / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, symlinks=True)
        elif source.exists():
            shutil.copy(source, target)
    if user == "plain":
        for file in ("passwd", "group"):
            _append(
                root / "etc" / file,
                "plain:x:1000:1000::/home/plain:/bin/sh\n" if file == "passwd" else "plain:x:1000:\n",
            )
    home = _home(root, user)
    home.mkdir(parents=True, exist_ok=True)
    for name in (".config/pip/pip.conf", ".pip/pip.conf"):
        if (Path.home() / name).exists():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path.home() / name, home / name)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(home / "shipway")], check=True)
    if user == "plain":
        subprocess.run(["chown", "-R", "1000:1000", str(home)], check=True)
    try:
        yield root
    finally:
        shutil.rmtree(root)


def _run(root: Path, user: str, command: str, extra: dict[str, str]) -> Result:
    """Run a shell command in the clone inside `root`, as `user`, and show its output."""
    home = "/" + str(_home(root, user).relative_to(root))
    inside = {name: value for name, value in os.environ.items() if PASSED.search(name)} | extra
    inside |= {"HOME": home, "USER": user, "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    if user == "root":
        inside["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    words = [f"{name}={value}" for name, value in inside.items()]
    line = f"cd {home}/shipway || exit\n{command}"
    number = "0" if user == "root" else "1000"
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    full = [*unshare, "sh", str(ENTER), str(root), number, "/usr/bin/env", "-i", *words, "/bin/sh", "-c", line]
    say(f"[{user}] $ {command}")
    begun = time.monotonic()
    shared = os.environ | {"SHARED_FOLDERS": " ".join(_shared())}
    code = subprocess.run(full, env=shared, stdin=subprocess.DEVNULL, check=False).returncode
    return Result(user, command, code, time.monotonic() - begun)


def _shared() -> list[str]:
    """Return the folders of packages on this machine's disk that pip is set to look into."""
    words = f"{pips.option('find-links')} {pips.option('extra-index-url')} {pips.option('index-url')}".split()
    paths = [Path(word.removeprefix("file://")) for word in words if word.startswith(("/", "file://"))]
    tops = {Path(*path.parts[:3]) for path in paths}
    return sorted(str(folder) for folder in tops if folder.is_dir())


def _home(root: Path, user: str) -> Path:
    return root / "root" if user == "root" else root / "home" / user


def _append(file: Path, line: str) -> None:
    with file.open("a") as stream:
        stream.write(line)


if __name__ == "__main__":
    sys.exit(main())
