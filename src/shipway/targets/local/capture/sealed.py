"""Files that are encrypted at rest: each with a data key of its own, which the home's key wraps.

Format: MAGIC, 8 bytes that name the home's key, the wrapped data key (nonce, 32 bytes, tag), then frames of FRAME bytes
of plain text, each AES-256-GCM under the data key. A frame's nonce is its number and whether it is the last, so frames
cannot be left out, moved or cut off unseen (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizar, "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015). To change the home's key, put a new line
at the end of its file: it wraps what is written from then on, the others still open what they have wrapped.
"""

import hashlib
import io
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shipway.domain.errors import ShipwayError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

MAGIC = b"SWC1"
FRAME = 1 << 20
NONCE = 12
TAG = 16
WRAPPED = NONCE + 32 + TAG


class CaptureKeyMissing(ShipwayError):
    """A file was encrypted with a key that this home does not have."""

    message = "a captured file was encrypted with the key {key}, which is not in {path}"
    hint = "restore the key file from a backup; without it the file cannot be read"
    exit_code = 5
    status = 409


class CaptureFileDamaged(ShipwayError):
    """A file that is not what was written."""

    message = "a captured file cannot be decrypted: it was cut off or changed"
    hint = "restore it from a backup"
    exit_code = 1
    status = 500


def new_key() -> str:
    """Return a key as a line of a key file."""
    return secrets.token_hex(32) + "\n"


def keys(text: str) -> list[bytes]:
    """Return the keys of a key file, the newest last."""
    return [bytes.fromhex(line) for line in text.split()]


def name_of(key: bytes) -> bytes:
    """Return what names a key in the files that it wraps: nothing of the key can be learned from it."""
    return hashlib.sha256(b"shipway capture key" + key).digest()[:8]


@contextmanager
def sealing(target: BinaryIO, key: bytes) -> Iterator[BinaryIO]:
    """Give a file that encrypts into `target`, under a new data key that `key`, 32 bytes, wraps.

    Only what is left whole can be opened: after an error within the block the last frame is missing.
    """
    data_key, nonce = secrets.token_bytes(32), os.urandom(NONCE)
    head = MAGIC + name_of(key)
    target.write(head + nonce + AESGCM(key).encrypt(nonce, data_key, head))
    frames = _Frames(target, AESGCM(data_key))
    yield cast("BinaryIO", frames)
    frames.finish()


class _Frames(io.RawIOBase):
    """Encrypts what is written into it, frame by frame; the last one waits for `finish`."""

    def __init__(self, target: BinaryIO, cipher: AESGCM) -> None:
        self._target = target
        self._cipher = cipher
        self._rest = bytearray()
        self._number = 0

    def writable(self) -> bool:
        """Return that it can be written."""
        return True

    def write(self, data: "Buffer") -> int:
        """Take all of it."""
        size = memoryview(data).nbytes
        self._rest += data
        while len(self._rest) > FRAME:
            self._frame(self._rest[:FRAME], last=False)
            del self._rest[:FRAME]
        return size

    def finish(self) -> None:
        """Write the last frame."""
        self._frame(self._rest, last=True)

    def _frame(self, part: bytearray, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), bytes(part), None))
        self._number += 1


def opened(source: BinaryIO, known: Sequence[bytes], path: Path) -> Iterator[bytes]:
    """Yield the plain text of a sealed file, checked frame by frame.

    known: the home's keys; path: where they lie. Raises CaptureKeyMissing, CaptureFileDamaged.
    """
    head = source.read(len(MAGIC) + 8)
    key = next((each for each in known if name_of(each) == head[len(MAGIC) :]), None)
    if key is None:
        raise CaptureKeyMissing(key=head[len(MAGIC) :].hex(), path=path)
    wrapped = source.read(WRAPPED)
    try:
        cipher = AESGCM(AESGCM(key).decrypt(wrapped[:NONCE], wrapped[NONCE:], head))
        part, number = source.read(FRAME + TAG), 0
        while True:
            following = source.read(FRAME + TAG)
            yield cipher.decrypt(_nonce(number, last=not following), part, None)
            if not following:
                return
            part, number = following, number + 1
    except (InvalidTag, ValueError):
        raise CaptureFileDamaged from None


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE - 1, "big") + bytes([last])
