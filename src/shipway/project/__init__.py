"""A project's folder as a value: shipway.toml decoded, and the user's files beside it."""

from shipway.project.folder import ProjectFolder, ProjectNotFound, find, load

__all__ = ["ProjectFolder", "ProjectNotFound", "find", "load"]
