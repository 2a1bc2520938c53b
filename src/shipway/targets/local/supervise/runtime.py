"""Where sockets live: a short private folder, because a socket's path may have 107 bytes and a home may be deep."""

import hashlib
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from shipway.domain.errors import ShipwayError

MARK = "home"  # says in a folder which home it belongs to
IDENTITY = "identity"  # file of a home that tells it from one that was in its place before
SEPARATOR = b"\0"  # no path has one
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


def private_folder(base: Path, home: Path, identity: str = "") -> Path:
    """Return this home's folder below a folder that all users share; raises RuntimeFolderUnsafe.

    identity: what the home's file IDENTITY has, for a folder that a later home in the same place must not take over.
    """
    owner = os.fsencode(home.resolve()) + (SEPARATOR + identity.encode() if identity else b"")
    folder = _private(_shared(base) / _name(owner))
    if home.is_dir():
        with suppress(FileExistsError), (folder / MARK).open("xb") as mark:
            mark.write(owner)
    return folder


def sweep(base: Path, keeps: Callable[[Path], bool]) -> None:
    """Remove the folders below a base of this user's homes that are gone. keeps: tells which one is left all the same.

    A folder that does not name its home is left: its home was not there yet when it was made.
    """
    for folder in _shared(base).iterdir():
        try:
            owner = (folder / MARK).read_bytes()
        except OSError:
            continue
        if _name(owner) == folder.name and _gone(owner) and not keeps(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _gone(owner: bytes) -> bool:
    """Tell whether a home is not there any more, or another one is in its place."""
    home, _, identity = owner.partition(SEPARATOR)
    if not os.path.lexists(home):
        return True
    if not identity:
        return False
    try:
        return (Path(os.fsdecode(home)) / IDENTITY).read_bytes() != identity
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _name(owner: bytes) -> str:
    return hashlib.sha256(owner).hexdigest()[:12]


def _shared(base: Path) -> Path:
    return _private(base / f"shipway-{os.getuid()}")


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise RuntimeFolderUnsafe(path=folder)
    return folder
