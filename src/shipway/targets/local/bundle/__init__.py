"""Releases as files: written here, taken in elsewhere."""

from shipway.targets.local.bundle.export import export
from shipway.targets.local.bundle.restore import restore

__all__ = ["export", "restore"]
