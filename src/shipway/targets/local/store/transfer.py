"""The bulk path of programs on this machine: objects to files and back, as copies of their own.

Never hard links: a program may write into its input in place, and a blob must not change under other readers.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shipway.domain.store.errors import UnsafeFile
from shipway.domain.store.name import check_no_clash, relative_parts
from shipway.domain.store.object import ObjectVersion
from shipway.targets.local.store.index import room

_FICLONE = 0x40049409  # linux/fs.h: share the blocks until one side writes
_STEP = 1024 * 1024
_NOT_HERE = {errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.EBADF}


def targets(found: Sequence[ObjectVersion], prefix: str, folder: Path) -> list[tuple[ObjectVersion, Path]]:
    """Return where each object goes; raises UnsafeKey before anything is written."""
    check_no_clash([version.key for version in found], str(folder))
    return [(version, folder.joinpath(*relative_parts(version.key, prefix, str(folder)))) for version in found]


def copy_out(open_content: Callable[[], int], target: Path) -> None:
    """Write an independent, writable copy of an opened content to a path, replacing what is there.

    open_content: returns a file descriptor, which this closes. Raises StoreFull; then nothing is left at the path.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    source = open_content()
    try:
        with room(target), target.open("xb") as file:
            _copy(source, file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        os.close(source)


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (path relative to the folder, with "/" between pieces, file) in order.

    Raises UnsafeFile for links that lead out of the folder and for what is neither file nor folder.
    """
    root = folder.resolve(strict=True)
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from ((f"{entry.name}/{name}", file) for name, file in files_below(path))
            continue
        if entry.is_symlink() and not path.resolve().is_relative_to(root):
            raise UnsafeFile(path=path, reason="it is a link that leads out of the folder")
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnsafeFile(path=path, reason="it is not a plain file")
        yield entry.name, path


def _copy(source: int, target: int) -> None:
    """Share blocks where the file system can, else copy inside the kernel, else through memory."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
    else:
        return
    left = os.fstat(source).st_size
    while left > 0:
        try:
            done = os.copy_file_range(source, target, left)
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
            _copy_through_memory(source, target)
            return
        if not done:
            return
        left -= done


def _copy_through_memory(source: int, target: int) -> None:
    """Copy from where both files stand, so that what the kernel has copied already stays."""
    while data := os.read(source, _STEP):
        view = memoryview(data)
        while view:
            view = view[os.write(target, view) :]
