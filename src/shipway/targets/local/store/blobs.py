"""Contents by their sha256: immutable files, staged beside their place and renamed into it.

How a blob is neither half-written nor collected under a writer's feet:

1. A writer fills a file of its own in `staging/`, holding a lock (flock) on it for as long as it lives, and fsyncs it.
2. In the index's write transaction, of which there is one at a time in all processes, it renames the file to the
   content's name (or drops it when that name exists), fsyncs the folder, and inserts the row that refers to it.
3. The collector removes a blob only inside such a write transaction, after finding no row that refers to it.

So between "no row refers to it" and its removal no row can appear, and a writer that finds the blob in place commits
its row before any collector looks again. A kill between rename and commit leaves an unreferenced blob: garbage, no
damage. A kill before leaves a staged file without a lock: `sweep` removes it, and never one whose writer lives.
"""

import base64
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from shipway.domain.store.checksum import Running, running
from shipway.domain.store.object import Checksum
from shipway.targets.local.store.index import room

STEP = 1024 * 1024  # bytes read and written at a time: large enough to be cheap, small enough to be many at once

_ALWAYS = ("SHA256", "MD5")


class Staging:
    """Content on its way in: written, hashed and locked, and not part of the store before `Blobs.keep`.

    size: bytes so far. extra: algorithm -> checksum, in S3's names, for those asked for.
    Leaving the `with` block removes what was not kept.
    """

    def __init__(self, folder: Path, algorithms: tuple[str, ...] = ()) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.extra: Mapping[str, Running] = {name: running(name) for name in algorithms if name not in _ALWAYS}
        with room(folder):
            self._file, self.path = _locked_file(folder)

    def __enter__(self) -> "Staging":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    @property
    def sha256(self) -> str:
        """The content's name, in hex."""
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        """The etag of content that came in one piece, in hex."""
        return self._md5.hexdigest()

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes. Raises StoreFull when they don't fit."""
        for checksum in (self._sha256, self._md5, *self.extra.values()):
            checksum.update(data)
        with room(self.path.parent):
            _write_all(self._file, data)
        self.size += len(data)

    def fill(self, source: BinaryIO) -> None:
        """Append all that a file still has, a MiB at a time."""
        while data := source.read(STEP):
            self.write(data)

    def checksum(self, algorithm: str) -> Checksum:
        """Return one of the checksums asked for when this was staged; SHA256 and MD5 are always there."""
        found: Running = {"SHA256": self._sha256, "MD5": self._md5, **self.extra}[algorithm]
        return Checksum(algorithm=algorithm, value=base64.b64encode(found.digest()).decode())

    def finish(self) -> None:
        """Make the bytes survive a power cut; call once, before the transaction that keeps them."""
        with room(self.path.parent):
            os.fchmod(self._file, 0o444)
            os.fsync(self._file)

    def discard(self) -> None:
        """Remove the file if it is still staged, and let go of it; safe to repeat."""
        if self._file < 0:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1


class Blobs:
    """The folder of contents of one store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.staging = root / "staging"
        with room(root):
            self.staging.mkdir(parents=True, exist_ok=True)
            for folder in self._folders():
                folder.mkdir(exist_ok=True)
            _sync_folder(root)

    def path(self, sha256: str) -> Path:
        """Return where the content with this name is, or would be."""
        return self.root / sha256[0] / sha256

    def stage(self, algorithms: tuple[str, ...] = ()) -> Staging:
        """Return an empty staged file. algorithms: checksums to compute beside sha256 and md5."""
        return Staging(self.staging, algorithms)

    def keep(self, staged: Staging) -> str:
        """Move finished content to its place and return its sha256; call only inside the index's write transaction."""
        path = self.path(staged.sha256)
        with room(self.root):
            if not path.exists():
                staged.path.rename(path)
            # Also when it was there: whoever renamed it may have been killed before this line.
            _sync_folder(path.parent)
        return staged.sha256

    def names(self) -> Iterator[str]:
        """Yield the sha256 of every blob in place."""
        for folder in self._folders():
            yield from (path.name for path in folder.iterdir())

    def remove(self, sha256: str) -> int | None:
        """Remove a blob and return its size, None when another collector was first.

        Call only inside the index's write transaction, when no row names it.
        """
        path = self.path(sha256)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return None
        path.unlink()
        return size

    def _folders(self) -> list[Path]:
        """Sixteen, by the name's first digit: few enough to make at once, so that none appears under a writer."""
        return [self.root / digit for digit in "0123456789abcdef"]

    def sweep(self) -> int:
        """Remove the staged files of writers that died, and return how many there were."""
        return sum(_remove_if_unlocked(path) for path in list(self.staging.iterdir()))


def _locked_file(folder: Path) -> tuple[int, Path]:
    """Return a new file that this process holds the lock of, and its path."""
    while True:
        path = folder / secrets.token_hex(16)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_nlink:
                return file, path
        except BlockingIOError:
            pass  # a sweeper met the file between its creation and its lock, and is about to remove it
        os.close(file)


def _remove_if_unlocked(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(file)


def _write_all(file: int, data: bytes | memoryview) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
