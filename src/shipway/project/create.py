"""A new project's folder, from the starter template or from an example. Nothing that exists is ever overwritten."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.domain.project import Project
from shipway.domain.project_rules import validate
from shipway.project.decode import FILE
from shipway.project.folder import COMMANDS
from shipway.project.package_index import uv_environment

HERE = Path(__file__).parent
EXAMPLES = (HERE / "examples", HERE.parents[2] / "examples")  # in an installed wheel, in the working tree
FETCH = "fetch_data.py"
_SKIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".shipway", ".venv", "data")

Progress = Callable[[str], None]


class NameInvalid(ShipwayError):
    """The name of the new project would be refused by what is named after it."""

    message = "{problem}"
    hint = "{remedy}"
    exit_code = 2
    status = 400


class FolderExists(ShipwayError):
    """The new project's folder is already there, and holds something."""

    message = "{folder} already exists and is not empty"
    hint = "choose another name, or remove it first"
    exit_code = 5
    status = 409


class ExampleNotFound(ShipwayError):
    """There is no example of this name."""

    message = "there is no example {example!r}"
    hint = "use one of: {known}"
    exit_code = 4
    status = 404


class FetchFailed(ShipwayError):
    """The example's data could not be had."""

    message = "the data of the example could not be fetched: {reason}"
    hint = "see that the package index can be reached, then try again; --no-data leaves the data out"
    exit_code = 3
    status = 502


def examples() -> dict[str, Path]:
    """Return name -> folder of every example that this installation has."""
    found: dict[str, Path] = {}
    for folder in EXAMPLES:
        if folder.is_dir():
            found |= {each.name: each for each in sorted(folder.iterdir()) if (each / FILE).is_file()}
    return found


def create(folder: Path, *, example: str = "", data: bool = True, progress: Progress = lambda _: None) -> Path:
    """Return the folder of a new project; its last part is the project's name.

    example: "" starts from the template. data: whether the example's data is fetched too. progress gets each line
    of what happens. Raises NameInvalid, ExampleNotFound, FolderExists, FetchFailed; nothing is left behind then.
    """
    folder = folder.absolute()
    _check(folder)
    source = _source(example)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as half:
        made = Path(half) / folder.name
        shutil.copytree(source, made, ignore=_SKIPPED)
        _name(made / FILE, folder.name)
        _make_executable(made / "container" / "code")
        if data and (made / FETCH).is_file():
            fetch(made, progress)
        try:
            made.rename(folder)
        except OSError:
            raise FolderExists(folder=folder) from None
    return folder


def fetch(folder: Path, progress: Progress) -> None:
    """Fetch an example's data into its folder, in an environment of its own that is gone afterwards.

    The environment is made from fetch_data.lock, each package checked against its hash. Raises FetchFailed.
    """
    lock = folder / "fetch_data.lock"
    with tempfile.TemporaryDirectory(prefix="shipway-fetch-") as scratch:
        python = sys.executable
        if lock.is_file():
            progress("making the environment of fetch_data.py")
            python = str(Path(scratch) / "bin" / "python")
            _run([_uv(), "venv", "--quiet", "--python", sys.executable, scratch], folder, progress)
            install = ["pip", "install", "--quiet", "--require-hashes", "--python", python, "-r", str(lock)]
            _run([_uv(), *install], folder, progress)
        progress("fetching the data")
        _run([python, "-u", FETCH], folder, progress)


def _check(folder: Path) -> None:
    for problem in validate(Project(name=folder.name)):
        raise NameInvalid(problem=problem.problem, remedy=problem.remedy)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderExists(folder=folder)


def _source(example: str) -> Path:
    if not example:
        return HERE / "template"
    known = examples()
    if example not in known:
        raise ExampleNotFound(example=example, known=", ".join(known) or "none, this installation has no examples")
    return known[example]


def _name(file: Path, name: str) -> None:
    """Write the project's name into its shipway.toml; the rest stays as the author wrote it."""
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r'(?m)^name\s*=\s*"[^"]*"', f'name = "{name}"', text, count=1), encoding="utf-8")


def _make_executable(code: Path) -> None:
    """An archive may have lost the mode; the image starts these by name."""
    for name in COMMANDS:
        program = code / name
        if program.is_file():
            program.chmod(program.stat().st_mode | 0o755)


def _run(argv: list[str], folder: Path, progress: Progress) -> None:
    """Run to the end, each line of output to `progress`; raises FetchFailed with the last lines."""
    environment = {**uv_environment(os.environ), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        with subprocess.Popen(
            argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            lines: list[str] = []
            for line in process.stdout or ():
                lines = [*lines[-4:], line.rstrip()]
                progress(line.rstrip())
    except OSError as error:
        raise FetchFailed(reason=f"{argv[0]}: {error.strerror}") from None
    if process.returncode:
        raise FetchFailed(reason=" / ".join(lines) or f"{argv[0]} exited with {process.returncode}")


def _uv() -> str:
    """Return the path of uv: the one that was installed with Shipway, else whichever PATH has."""
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.is_file() else shutil.which("uv") or "uv"
