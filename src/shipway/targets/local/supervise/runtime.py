"""Where sockets live: a short private folder, because a socket's path may have 107 bytes and a home may be deep."""

import hashlib
import os
import stat
from pathlib import Path

from shipway.domain.errors import ShipwayError

BASE = Path("/tmp")  # noqa: S108 - fixed and not TMPDIR, so that every process of a user finds the same folder


class RuntimeFolderUnsafe(ShipwayError):
    """Somebody else could put their own sockets where ours are expected."""

    message = "{path} is not a private folder of this user"
    hint = "remove it and try again: rm -r {path}"
    exit_code = 5
    status = 500


def runtime_folder(home: Path) -> Path:
    """Return the folder of this home's sockets, made if it is not there: mode 0700, below 40 bytes.

    Raises RuntimeFolderUnsafe when the name is taken by another user or open to others.
    """
    return private_folder(BASE, home)


def private_folder(base: Path, home: Path) -> Path:
    """Return this home's folder below a folder that all users share; raises RuntimeFolderUnsafe."""
    name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    folder = _private(base / f"shipway-{os.getuid()}")
    return _private(folder / name)


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise RuntimeFolderUnsafe(path=folder)
    return folder
