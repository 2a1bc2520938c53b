"""Folders as archives: the same files make the same bytes."""

import gzip
import posixpath
import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import ClassVar

from shipway.domain.errors import ShipwayError


class LinkLeaves(ShipwayError):
    """An archive must hold what it names; a link to elsewhere would be broken, or a leak, where it is unpacked."""

    message: ClassVar[str] = "the link {link} leads out of {folder}, to {target}"
    hint: ClassVar[str] = "write the file itself there"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


def pack(folder: Path, archive: Path, seen_as: str) -> int:
    """Write `folder` as a tar.gz and return how many files it has.

    seen_as: the folder's path inside the container, for links that name it. Sorted, without owners and times.
    Sockets, pipes and devices are left out. Raises LinkLeaves.
    """
    # Level 1: models barely shrink further, and the time is the user's.
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        return sum(_add(tar, path, path.relative_to(folder).as_posix(), seen_as) for path in _entries(folder))


def _add(tar: tarfile.TarFile, path: Path, name: str, seen_as: str) -> bool:
    """Write one entry; return whether it is a file or a link."""
    mode = path.lstat().st_mode
    info = tarfile.TarInfo(name)
    info.mode = 0o755 if stat.S_ISDIR(mode) or mode & 0o111 else 0o644
    if stat.S_ISDIR(mode):
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    elif stat.S_ISLNK(mode):
        info.type, info.linkname = tarfile.SYMTYPE, _link(path, name, seen_as)
        tar.addfile(info)
    else:
        with path.open("rb") as file:
            info.size = path.stat().st_size
            tar.addfile(info, file)
    return not stat.S_ISDIR(mode)


def _entries(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield path
            yield from _entries(path)
        elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            yield path


def _link(path: Path, name: str, seen_as: str) -> str:
    """Return what a link shall name: an absolute path of the container is made relative, so that it holds anywhere."""
    target = str(path.readlink())
    place = PurePosixPath(seen_as, name).parent / target
    parts: list[str] = []
    for part in place.parts:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    if not PurePosixPath(*parts).is_relative_to(seen_as):
        raise LinkLeaves(link=name, folder=seen_as, target=target)
    absolute = target.startswith("/")
    return (
        posixpath.relpath(str(PurePosixPath(*parts)), str(PurePosixPath(seen_as, name).parent)) if absolute else target
    )


class ArchiveUnsafe(ShipwayError):
    """An archive from outside must not write anywhere but where it is unpacked."""

    message: ClassVar[str] = "{archive} has the entry {entry}, which {problem}"
    hint: ClassVar[str] = "make the archive anew from plain files and folders"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


def unpack(archive: Path, folder: Path) -> None:
    """Write the plain files and folders of a tar.gz below `folder`; links are followed inside the archive only.

    Raises ArchiveUnsafe for a name that leaves the folder and for anything but files, folders and inner links.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "r:*") as tar:
        for entry in tar:
            place = PurePosixPath(entry.name)
            if place.is_absolute() or ".." in place.parts:
                raise ArchiveUnsafe(archive=archive.name, entry=entry.name, problem="leaves the folder")
            target = folder.joinpath(*place.parts)
            if entry.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif entry.isreg() or entry.issym() or entry.islnk():
                _unpack_file(tar, entry, target)
            else:
                raise ArchiveUnsafe(archive=archive.name, entry=entry.name, problem="is no file, folder or link")


def _unpack_file(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> None:
    """Write one file; a link becomes a copy of what it names in the archive, so that no link can point elsewhere."""
    try:
        source = tar.extractfile(entry)
    except KeyError:
        source = None
    if source is None:
        raise ArchiveUnsafe(archive=tar.name or "", entry=entry.name, problem="links to nothing in the archive")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    target.chmod(0o755 if entry.mode & 0o111 else 0o644)
