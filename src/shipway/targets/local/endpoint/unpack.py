"""Unpacking a model archive without trusting it."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from shipway.domain.endpoint import ModelUnsafe

LARGEST = 20 * 1024**3  # bytes that an archive may hold unpacked
MOST = 100_000  # members
CHUNK = 1024 * 1024


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a model.tar.gz into `folder`, which is made; files get plain modes, owners are not kept.

    Raises ModelUnsafe for names that lead outside, links that do, devices, too many or too large members, and for
    what is no archive. What was unpacked before stays in the folder: the caller throws it away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r|*") as tar:
            for member in _checked(archive, tar):
                _write(tar, member, folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ModelUnsafe(model=archive, problem=f"it cannot be read: {error}") from error


def _checked(archive: Path, tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    size = 0
    for count, member in enumerate(tar, start=1):
        size += member.size
        problem = _problem(member)
        if count > MOST:
            problem = f"it has more than {MOST} members"
        if size > LARGEST:
            problem = f"it holds more than {LARGEST // 1024**3} GiB"
        if problem:
            raise ModelUnsafe(model=archive, problem=problem)
        if PurePosixPath(member.name).parts:  # "." is the folder itself, as `tar -C DIR .` writes it
            yield member


def _problem(member: tarfile.TarInfo) -> str:
    """Return what is wrong with a member, empty when nothing is."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\0" in member.name:
        return f"{member.name!r} leads outside"
    if member.issym():
        return "" if _inside(path.parent / member.linkname) else f"link {member.name!r} leads outside"
    if member.islnk():
        return "" if _inside(PurePosixPath(member.linkname)) else f"link {member.name!r} leads outside"
    if not member.isfile() and not member.isdir():
        return f"{member.name!r} is neither file nor folder"
    return ""


def _inside(target: PurePosixPath) -> bool:
    """Return whether a link's target, seen from the archive's root, stays below it."""
    depth = 0
    for part in target.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return False
    return not target.is_absolute()


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    target = folder / member.name
    if not target.parent.resolve().is_relative_to(folder.resolve()):  # through a link that came before
        raise tarfile.TarError(f"{member.name!r} leads outside through a link")
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if member.issym():
        target.symlink_to(member.linkname)
    elif member.islnk():
        os.link(folder / member.linkname, target, follow_symlinks=False)
    elif (source := tar.extractfile(member)) is not None:
        with target.open("wb") as file:
            while part := source.read(CHUNK):
                file.write(part)
        target.chmod(0o755 if member.mode & 0o100 else 0o644)
