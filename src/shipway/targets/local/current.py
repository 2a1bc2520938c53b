"""The project as its file defines it at this moment, for who looks often."""

from pathlib import Path

from shipway.domain.project import Project, ProjectInvalid
from shipway.project.decode import FILE
from shipway.project.folder import load


class Current:
    """Reads a project's file when it has changed. While it cannot be used, the project is what it was before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self._project: Project | None = None

    def project(self) -> Project:
        """Return the project. Raises ProjectInvalid when it never could be used."""
        seen = self._state()
        if self._project is None or seen != self._seen:
            try:
                self._project = load(self._folder).project
            except (ProjectInvalid, OSError):
                if self._project is None:
                    raise
            self._seen = seen
        return self._project

    def _state(self) -> tuple[int, int]:
        try:
            found = (self._folder / FILE).stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_size
