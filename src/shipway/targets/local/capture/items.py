"""What a segment of the spool is made of: records as lines or, where the project encrypts, sealed one by one.

A segment is a row of items. HEAD, 8 bytes that name the home's key and a data key that it wraps, is what a recorder
begins each chunk with; the data key is its process's own. RECORD, a length, a nonce and one line under the data key
before it (AES-256-GCM). Anything else is a plain line. So chunks can stand one behind the other, whatever was switched
on when they were written, and half an item, which a kill leaves, can only be the last of a chunk.
"""

import contextlib
import os
import secrets
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shipway.targets.local.capture.sealed import NONCE, WRAPPED, CaptureKeyMissing, name_of
from shipway.targets.local.capture.spool import CLOSED

HEAD, RECORD = b"\x01", b"\x02"  # no line of JSON begins so
NAME = 8
LENGTH = struct.Struct(">I")
Keys = Callable[[], Sequence[bytes]]


class Sealer:
    """Encrypts what one process records; never used by two threads. head: what a chunk begins with."""

    def __init__(self, key: bytes) -> None:
        """key: the home's, 32 bytes. Nonces are counted: no two records have the same one under the same data key."""
        data_key, nonce, named = secrets.token_bytes(32), os.urandom(NONCE), HEAD + name_of(key)
        self.head = named + nonce + AESGCM(key).encrypt(nonce, data_key, named)
        self._cipher = AESGCM(data_key)
        self._sealed = 0

    def seal(self, line: bytes) -> bytes:
        """Return a line as an item."""
        self._sealed += 1
        nonce = self._sealed.to_bytes(NONCE, "big")
        sealed = self._cipher.encrypt(nonce, line, None)
        return b"".join((RECORD, LENGTH.pack(NONCE + len(sealed)), nonce, sealed))


def lines(segment: Path, keys: Keys, file: Path) -> Iterator[bytes]:
    """Yield a segment's lines with their ends; half an item, or one that was changed, is a line that is no record.

    keys: the home's, asked for when there is something sealed; file: where they lie. Raises CaptureKeyMissing.
    """
    cipher: AESGCM | None = None
    for kind, content in _items(segment):
        if kind == HEAD:
            cipher = _cipher(content, keys(), file)
        elif kind == RECORD:
            yield _opened(cipher, content)
        else:
            yield content


def check(segment: Path, keys: Keys, file: Path) -> None:
    """Raises CaptureKeyMissing when there is something in a segment that none of the keys opens."""
    for kind, content in _items(segment):
        if kind == HEAD:
            _cipher(content, keys(), file)


def _items(segment: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield each item's kind and what is in it, nothing of half a record; a plain line is its own content."""
    source = _source(segment)
    if source is None:  # moved meanwhile: its records are where it was moved to
        return
    with source:
        while kind := source.read(1):
            if kind == HEAD:
                yield kind, source.read(NAME + WRAPPED)
            elif kind == RECORD:
                yield kind, _sealed(source) or b""
            else:
                yield kind, _line(kind, source)


def _source(segment: Path) -> BinaryIO | None:
    """Open a segment, also under the name that it has got when it was closed since it was looked up."""
    for path in (segment, segment.with_suffix(CLOSED)):
        with contextlib.suppress(FileNotFoundError):
            return path.open("rb")
    return None


def cut(segment: Path) -> None:
    """Take half an item off the end of a chunk whose writer was killed, so that another can be put behind it."""
    with segment.open("r+b") as file:
        whole = 0
        while _passes(file):
            whole = file.tell()
        file.truncate(whole)


def _passes(file: BinaryIO) -> bool:
    """Read past one item; return whether it was whole."""
    kind = file.read(1)
    if kind == HEAD:
        return len(file.read(NAME + WRAPPED)) == NAME + WRAPPED
    if kind == RECORD:
        return _sealed(file) is not None
    return _line(kind, file).endswith(b"\n")


def _line(kind: bytes, source: BinaryIO) -> bytes:
    """Return a plain line, of which the first byte has been read already."""
    return kind if kind in (b"", b"\n") else kind + source.readline()


def _sealed(source: BinaryIO) -> bytes | None:
    """Return what an item holds; None for half of one."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    sealed = source.read(length)
    return sealed if len(sealed) == length else None


def _opened(cipher: AESGCM | None, sealed: bytes) -> bytes:
    if cipher is None:
        return b""
    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None)
    except (InvalidTag, ValueError):
        return b""


def _cipher(head: bytes, known: Sequence[bytes], file: Path) -> AESGCM | None:
    """Return what opens the records of a chunk; None when its head is cut off or changed."""
    if len(head) < NAME + WRAPPED:
        return None
    named, nonce, wrapped = head[:NAME], head[NAME : NAME + NONCE], head[NAME + NONCE :]
    key = next((each for each in known if name_of(each) == named), None)
    if key is None:
        raise CaptureKeyMissing(key=named.hex(), path=file)
    try:
        return AESGCM(AESGCM(key).decrypt(nonce, wrapped, HEAD + named))
    except InvalidTag:
        return None
