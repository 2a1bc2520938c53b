"""What the quality file keeps of single answers and labels, encrypted at rest where the project encrypts its captures.

A sealed cell is 8 bytes that name the home's key, a nonce, and the text (AES-256-GCM) under a key that is derived from
the home's for this alone (HKDF, RFC 5869). Which row it belongs to is authenticated with it, so none can be moved.
"""

import os
from collections.abc import Callable
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shipway.domain.errors import ShipwayError
from shipway.targets.local.capture.packing import home_keys, key_file
from shipway.targets.local.capture.sealed import NONCE, CaptureKeyMissing, name_of
from shipway.targets.local.home import Home

NAME = 8
Cell = str | bytes  # as SQLite keeps it: text is plain, a blob is sealed


class QualityDamaged(ShipwayError):
    """A value of the quality file that is not what was written."""

    message: ClassVar[str] = "the value of {row} in {path} cannot be decrypted: it was changed"
    hint: ClassVar[str] = "restore the file from a backup"
    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500


class Cells:
    """Seals and opens the cells of one home. encrypts: whether what is written now is sealed."""

    def __init__(self, home: Home, encrypts: Callable[[], bool]) -> None:
        self.encrypts = encrypts
        self._home = home
        self._ciphers: dict[bytes, AESGCM] = {}

    def sealer(self) -> Callable[[str, str], Cell]:
        """Return what makes cells now: of a text, and of what names its row."""
        if not self.encrypts():
            return lambda text, _: text
        name = name_of(home_keys(self._home)[-1])
        cipher = self._cipher(name)

        def seal(text: str, row: str) -> Cell:
            nonce = os.urandom(NONCE)
            return name + nonce + cipher.encrypt(nonce, text.encode(), row.encode())

        return seal

    def open(self, cell: Cell, row: str) -> str:
        """Return a cell's text, sealed or not. Raises CaptureKeyMissing, QualityDamaged."""
        if isinstance(cell, str):
            return cell
        name, nonce, sealed = cell[:NAME], cell[NAME : NAME + NONCE], cell[NAME + NONCE :]
        try:
            return self._cipher(name).decrypt(nonce, sealed, row.encode()).decode()
        except (InvalidTag, ValueError):
            raise QualityDamaged(row=row, path=self._home.quality) from None

    def _cipher(self, name: bytes) -> AESGCM:
        """Return what goes with a key of the home."""
        if name not in self._ciphers:
            for key in home_keys(self._home):
                derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"shipway quality").derive(key)
                self._ciphers[name_of(key)] = AESGCM(derived)
        if name not in self._ciphers:
            raise CaptureKeyMissing(key=name.hex(), path=key_file(self._home))
        return self._ciphers[name]
