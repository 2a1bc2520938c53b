"""The tools of the ladder, each set in an environment of its own, made once from a hashed lock."""

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from shipway.domain.image import BuildFailed
from shipway.targets.local.images.environment import ensure_environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MADE = ROOT / ".tools"
LOCKS = {
    "lint": HERE / "lint.lock",
    "checkov": HERE / "checkov.lock",
    "ministack": HERE.parent / "peers/asl/ministack.lock",
}


class ToolMissing(Exception):
    """A tool cannot be had; the text says how to get it."""


@cache
def tools(name: str) -> Path:
    """Return the `bin` folder of a set of tools: lint, checkov or ministack. Raises ToolMissing."""
    try:
        return ensure_environment(f"ladder {name}", MADE / "envs", [LOCKS[name]], print) / "bin"
    except BuildFailed as error:
        raise ToolMissing(str(error)) from error


@cache
def node() -> Path:
    """Return the folder whose node_modules has asl-validator. Raises ToolMissing."""
    if shutil.which("npm") is None:
        raise ToolMissing("npm is missing: apt-get install nodejs npm")
    folder = MADE / "ladder" / f"node-{_digest(HERE / 'package-lock.json')}"
    if not (folder / ".ready").exists():
        print("ladder: installing asl-validator", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, folder)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder)
        (folder / ".ready").touch()
    return folder


def inside(name: str, script: str, *arguments: str) -> str:
    """Return what a script of `inside/` prints, run by the Python of a set of tools. Raises CalledProcessError."""
    command = [str(tools(name) / "python"), str(HERE / "inside" / f"{script}.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=offline(), timeout=600, check=False)
    if done.returncode:
        raise ToolFailed(f"{script} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


class ToolFailed(Exception):
    """A tool broke, which says nothing about what it was to look at."""


def offline() -> dict[str, str]:
    """Return an environment without anybody's credentials, in a region."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": str(ROOT / "src"),
    }


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes() + sys.version.encode()).hexdigest()[:12]


def _run(command: list[str], folder: Path | None = None) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise ToolMissing(f"{command[0]} could not install it: {error.stderr[-800:]}") from error
