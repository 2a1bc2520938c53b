"""The file itself: a plain tar of plain files, the same bytes for the same content, ended by a digest of all before it.

    manifest.json            what follows, each with its sha256
    <name> ...               in the order of the names
    SHA256                   of every byte before this member

The last member and tar's end marks follow from that digest, so there is no byte that could change unseen.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from shipway.domain.bundle import MANIFEST, ArchiveRefused, Content, Manifest, read_manifest
from shipway.domain.values import canonical

SEAL = "SHA256"
BLOCK = 512
CHUNK = 1 << 20
LARGEST_MANIFEST = 64 << 20


def digest_of(path: Path) -> Content:
    """Return what a file holds, as a manifest says it."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    status = path.stat()
    return Content(sha256=sha256, size=status.st_size, executable=bool(status.st_mode & 0o100))


def write(target: IO[bytes], manifest: Manifest, files: Mapping[str, Path]) -> str:
    """Write an archive and return the sha256 of the whole of it, hex.

    files: where each of the manifest's files lies. Raises ArchiveRefused when one is no longer what the manifest says.
    """
    total = hashlib.sha256()

    def put(data: bytes) -> None:
        total.update(data)
        target.write(data)

    text = canonical(manifest.document()).encode()
    put(_header(MANIFEST, len(text)) + text + _padding(len(text)))
    for name, content in sorted(manifest.files.items()):
        put(_header(name, content.size, executable=content.executable))
        found = hashlib.sha256()
        with files[name].open("rb") as file:
            while part := file.read(CHUNK):
                found.update(part)
                put(part)
        if found.hexdigest() != content.sha256:
            raise ArchiveRefused(file=files[name], problem="it changed while it was read")
        put(_padding(content.size))
    put(_tail(total.hexdigest()))
    return total.hexdigest()


def verified(path: Path) -> Manifest:
    """Return the manifest of an archive of which every byte is as it was written. Writes nothing.

    Raises ArchiveRefused for any other file.
    """
    with path.open("rb") as file:
        _check_seal(path, file)
        return _check_members(path, file)


def contents(path: Path, manifest: Manifest) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield every file of a verified archive: its name, and a reader that is good until the next one."""
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            reader = tar.extractfile(member) if member.name in manifest.files else None
            if reader is not None:
                yield member.name, reader


def _check_seal(path: Path, file: IO[bytes]) -> None:
    """Compare the end of the file with the end that its other bytes must have."""
    size, tail = path.stat().st_size, len(_tail("0" * 64))
    if size < tail:
        raise ArchiveRefused(file=path, problem="it is no archive of a release")
    digest, left = hashlib.sha256(), size - tail
    while left:
        part = file.read(min(CHUNK, left))
        if not part:
            raise ArchiveRefused(file=path, problem="it became shorter while it was read")
        digest.update(part)
        left -= len(part)
    if file.read() != _tail(digest.hexdigest()):
        raise ArchiveRefused(file=path, problem="its bytes are not those that were exported")


def _check_members(path: Path, file: IO[bytes]) -> Manifest:
    file.seek(0)
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST or not first.isreg() or first.size > LARGEST_MANIFEST:
                raise ArchiveRefused(file=path, problem="it does not begin with a manifest")
            reader = tar.extractfile(first)
            manifest = read_manifest(json.loads(reader.read() if reader else b""))
            expected = [*sorted(manifest.files), SEAL]
            for name in expected:
                _check_member(path, tar, name, manifest.files.get(name))
            if tar.next() is not None:
                raise ArchiveRefused(file=path, problem="it has more members than its manifest")
    except (tarfile.TarError, ValueError) as error:
        raise ArchiveRefused(file=path, problem=str(error)) from error
    return manifest


def _check_member(path: Path, tar: tarfile.TarFile, name: str, content: Content | None) -> None:
    member = tar.next()
    if member is None or member.name != name or not member.isreg():
        raise ArchiveRefused(file=path, problem=f"{name} is not there as a plain file")
    if content is None:
        return
    reader = tar.extractfile(member)
    found = hashlib.sha256()
    while reader is not None and (part := reader.read(CHUNK)):
        found.update(part)
    if member.size != content.size or found.hexdigest() != content.sha256:
        raise ArchiveRefused(file=path, problem=f"{name} is not what its manifest says")


def _header(name: str, size: int, *, executable: bool = False) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o755 if executable else 0o644
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def _tail(digest: str) -> bytes:
    text = f"{digest}\n".encode()
    return _header(SEAL, len(text)) + text + _padding(len(text)) + bytes(2 * BLOCK)
