"""What a run is made from, held still: a copy of the user's files and of the data, each named by its content."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject
from shipway.domain.workflow import WorkflowCustomizationFailed

PARTS = ("shipway.toml", "workflow.py", "container", "function")  # what a release is built from
CUSTOMIZATION_SECONDS = 30
_IGNORED = {"__pycache__", ".git", ".venv", ".ipynb_checkpoints", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


class SourceChanging(ShipwayError):
    """A file changed while it was copied."""

    message = "{path} changed while the project was read"
    hint = "start again when the files are at rest"
    exit_code = 5
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A copy of a project's files. digest: of their names, modes and bytes; commit: git's, or "" outside git."""

    folder: Path
    digest: str
    commit: str


def take(project: Path, sources: Path) -> Snapshot:
    """Return an immutable copy of the user's files; the same files give the same folder.

    Raises SourceChanging when a file changes under the copy.
    """
    sources.mkdir(parents=True, exist_ok=True)
    digest = tree_digest(project)
    folder = sources / digest.removeprefix("sha256:")
    if not folder.exists():
        draft = Path(tempfile.mkdtemp(dir=sources, prefix=".draft-"))
        try:
            _copy(project, draft)
            if tree_digest(draft) != digest:
                raise SourceChanging(path=project)
            os.rename(draft, folder)  # noqa: PTH104  Path.rename hides that an existing folder is an error here
        except FileExistsError:  # another process made the same copy
            shutil.rmtree(draft)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            if not folder.exists():
                raise
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return Snapshot(folder=folder, digest=digest, commit=git_commit(project))


def tree_digest(project: Path) -> str:
    """Return sha256 over the files' relative names, executable bits and bytes."""
    total = hashlib.sha256()
    for path in files(project):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        total.update(f"{path.relative_to(project).as_posix()}\0{executable:d}\0{content}\n".encode())
    return "sha256:" + total.hexdigest()


def git_commit(project: Path) -> str:
    """Return the commit of the project's repository, with "+changes" when its files differ; "" without git."""
    git = shutil.which("git")
    if git is None:
        return ""
    head = _git(git, project, "rev-parse", "HEAD")
    if not head:
        return ""
    return head + ("+changes" if _git(git, project, "status", "--porcelain", "--", *PARTS) else "")


def customized(folder: Path, document: JsonObject) -> JsonObject:
    """Return the training state machine after the project's workflow.py; unchanged without one.

    The user's code runs in a process of its own. Raises WorkflowCustomizationFailed.
    """
    if not (folder / "workflow.py").exists():
        return document
    command = [sys.executable, "-P", "-c", _CUSTOMIZE, "workflow.py"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            input=json.dumps(document),
            capture_output=True,
            text=True,
            timeout=CUSTOMIZATION_SECONDS,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WorkflowCustomizationFailed(problem=f"it did not return within {CUSTOMIZATION_SECONDS} s") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"it exited with {done.returncode}"]
        raise WorkflowCustomizationFailed(problem=lines[-1])
    changed = json.loads(done.stdout.rsplit("\n", 1)[-1])
    if not isinstance(changed, dict):
        raise WorkflowCustomizationFailed(problem="change() did not return an object")
    return changed


# What the user prints goes to standard error, so that the answer stays the last line.
_CUSTOMIZE = """
import contextlib, json, runpy, sys
with contextlib.redirect_stdout(sys.stderr):
    changed = runpy.run_path(sys.argv[1])["change"](json.load(sys.stdin))
print(json.dumps(changed), end="")
"""


def files(project: Path) -> Iterator[Path]:
    """Yield the files that a release is built from, in their order: no links, nothing that tools leave behind."""
    for part in PARTS:
        root = project / part
        if root.is_file():
            yield root
        elif root.is_dir():
            inside = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
            yield from sorted(path for path in inside if not _IGNORED & set(path.relative_to(project).parts))


def _copy(project: Path, target: Path) -> None:
    for path in files(project):
        copy = target / path.relative_to(project)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o555 if path.stat().st_mode & stat.S_IXUSR else 0o444)


def _git(git: str, project: Path, *arguments: str) -> str:
    done = subprocess.run([git, "-C", str(project), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
