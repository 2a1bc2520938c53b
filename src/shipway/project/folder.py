"""A project's folder: shipway.toml and the user's files beside it."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.domain.project import Problem, Project, ProjectInvalid
from shipway.project.decode import FILE, decode

PROGRAMS = {
    "prepare_data.py": "prepares the raw data",
    "train": "trains the model",
    "evaluate.py": "writes evaluation.json",
    "serve": "answers /ping and /invocations",
}
COMMANDS = ("train", "serve")  # started by name, so they must be executable


class ProjectNotFound(ShipwayError):
    """No shipway.toml where one was looked for."""

    message = "there is no shipway.toml in {folder}"
    hint = "make a project with shipway init NAME, or name its folder with --project DIR"
    exit_code = 2
    status = 404


@dataclass(frozen=True, slots=True)
class ProjectFolder:
    """A project and where its files are; optional files are None when they are not there."""

    path: Path
    project: Project

    @property
    def container(self) -> Path:
        """The build context of the multi-purpose image."""
        return self.path / "container"

    @property
    def code(self) -> Path:
        """The programs that the image holds."""
        return self.container / "code"

    @property
    def dockerfile(self) -> Path:
        """Of the multi-purpose image."""
        return self.container / "Dockerfile"

    @property
    def function_dockerfile(self) -> Path | None:
        """Of the function's image, where it differs from the multi-purpose one."""
        return _if_there(self.container / "Dockerfile.function")

    @property
    def function(self) -> Path:
        """The function's source."""
        return self.path / "function"

    @property
    def handler(self) -> Path:
        """Answers the API: handler(event, context)."""
        return self.function / "handler.py"

    @property
    def pre_traffic_hook(self) -> Path | None:
        """Runs before a new version gets any request."""
        return _if_there(self.function / "pre_traffic_hook.py")

    @property
    def post_traffic_hook(self) -> Path | None:
        """Runs when a new version has all requests."""
        return _if_there(self.function / "post_traffic_hook.py")

    @property
    def workflow(self) -> Path | None:
        """Changes the training state machine."""
        return _if_there(self.path / "workflow.py")


def find(start: Path) -> Path:
    """Return the nearest folder with a shipway.toml, from `start` upwards; raises ProjectNotFound."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise ProjectNotFound(folder=f"{start} or above it")


def load(path: Path) -> ProjectFolder:
    """Return the project of this folder.

    Raises ProjectNotFound, or ProjectInvalid with every problem of shipway.toml and of the user's files at once.
    """
    file = path / FILE
    if not file.is_file():
        raise ProjectNotFound(folder=path)
    problems: list[Problem] = []
    project = Project(name="unread")
    try:
        project = decode(file.read_bytes())
    except ProjectInvalid as error:
        problems += error.problems
    folder = ProjectFolder(path.absolute(), project)
    problems += file_problems(folder)
    if problems:
        raise ProjectInvalid.of(FILE, problems)
    return folder


class Current:
    """The project as its file defines it now: read again when the file has changed.

    While the file can't be read the last one that could holds. Raises ProjectInvalid where there was none.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._read: tuple[int, int] = (0, 0)  # when the file was changed, and its size
        self._project: Project | None = None

    def __call__(self) -> Project:
        try:
            state = self._file.stat()
            if self._project is None or self._read != (state.st_mtime_ns, state.st_size):
                self._read = (state.st_mtime_ns, state.st_size)
                self._project = decode(self._file.read_bytes())
        except (OSError, ProjectInvalid):
            if self._project is None:
                raise
        return self._project


def file_problems(folder: ProjectFolder) -> list[Problem]:
    """Return what is wrong with the user's files: missing, not executable, not Python."""
    return [*_container(folder), *_function(folder)]


def _container(folder: ProjectFolder) -> Iterator[Problem]:
    if not folder.dockerfile.is_file():
        remedy = "write it: the image that prepares, trains, evaluates and serves"
        yield Problem(path="container/Dockerfile", problem="is missing", remedy=remedy)
    for name, purpose in PROGRAMS.items():
        program = folder.code / name
        if not program.is_file():
            yield Problem(path=f"container/code/{name}", problem="is missing", remedy=f"write it: it {purpose}")
        elif name in COMMANDS and not os.access(program, os.X_OK):
            remedy = f"chmod +x container/code/{name}"
            yield Problem(path=f"container/code/{name}", problem="is not executable", remedy=remedy)
        elif name.endswith(".py"):
            yield from _python(program, f"container/code/{name}", "")


def _function(folder: ProjectFolder) -> Iterator[Problem]:
    if not folder.handler.is_file():
        remedy = "write it: handler(event, context) answers one request of the API"
        yield Problem(path="function/handler.py", problem="is missing", remedy=remedy)
    for source in (folder.handler, folder.pre_traffic_hook, folder.post_traffic_hook):
        if source is not None and source.is_file():
            yield from _python(source, f"function/{source.name}", "handler")
    if folder.workflow is not None:
        yield from _python(folder.workflow, "workflow.py", "")


def _python(source: Path, name: str, function: str) -> Iterator[Problem]:
    """Report a file that is not Python, or lacks the function that is called; nothing is run."""
    try:
        tree = ast.parse(source.read_bytes(), filename=name)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error)
        yield Problem(path=f"{name}, line {line}", problem=f"is not Python: {reason}", remedy="mend that line")
        return
    if function and function not in _defined(tree):
        remedy = f"write it: def {function}(event, context)"
        yield Problem(path=name, problem=f"defines no {function}", remedy=remedy)


def _defined(tree: ast.Module) -> set[str]:
    """Return the names that a module binds at its top level."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None
