"""Git hooks that tell of commits and pushes at once; polling sees them too, a few seconds later."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import shipway
from shipway.domain.trigger import HookRefused

HOOKS = ("post-commit", "post-merge", "post-receive")
MARK = "# written by shipway triggers install-hook"


def install(folder: Path) -> Sequence[str]:
    """Return the paths of the hooks of a project's repository, written now or found as they should be.

    A push to the checked out branch then also updates the files, if they have no changes of their own.
    Raises HookRefused, before anything is written.
    """
    git = shutil.which("git")
    if git is None:
        raise HookRefused(folder=folder, problem="there is no git on this machine", remedy="install git")
    hooks = _run(git, folder, "rev-parse", "--git-path", "hooks")
    if not hooks:
        raise HookRefused(folder=folder, problem="it is in no git repository", remedy="make one: git init")
    place = (folder / hooks).resolve()
    text = _script(folder)
    paths = [place / name for name in HOOKS]
    for path in paths:
        if path.exists() and MARK not in path.read_text(errors="replace"):
            line = text.splitlines()[-1]
            raise HookRefused(folder=folder, problem=f"{path.name} is somebody else's", remedy=f"add to it: {line}")
    place.mkdir(parents=True, exist_ok=True)
    for path in paths:
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(text)
        draft.chmod(0o755)
        draft.replace(path)
    _run(git, folder, "config", "receive.denyCurrentBranch", "updateInstead")
    return [str(path) for path in paths]


def _script(folder: Path) -> str:
    """Return a hook: it never fails a commit, and runs this very Shipway whatever is on the PATH.

    Git sets GIT_DIR for a hook, which would lead every other git command astray.
    """
    package = Path(shipway.__file__).parent.parent
    command = shlex.join([sys.executable, "-m", "shipway.cli.main", "--project", str(folder), "trigger", "source"])
    line = f"unset GIT_DIR GIT_WORK_TREE; PYTHONPATH={shlex.quote(str(package))} {command} || true"
    return f"#!/bin/sh\n{MARK}\n{line}\n"


def _run(git: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run([git, "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
