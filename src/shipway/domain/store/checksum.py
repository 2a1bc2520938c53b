"""Running checksums under S3's names, and the two CRCs that the standard library lacks."""

import array
import hashlib
import sys
import zlib
from collections.abc import Callable
from functools import cache
from typing import Protocol

from shipway.domain.store.errors import ChecksumRefused


class Running(Protocol):
    """A checksum that grows with the bytes given to it."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next bytes."""

    def digest(self) -> bytes:
        """Return the checksum so far, big-endian."""


class Crc32:
    """CRC-32 as in zip files."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next bytes."""
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        """Return 4 bytes."""
        return self._value.to_bytes(4, "big")


class ReflectedCrc:
    """Any reflected CRC of up to 64 bits, in plain Python.

    Eight bytes a step over four tables of 65536 entries: some 15 MB a second, enough for a checksum that few clients
    send (the default, CRC32, is the C library's).
    """

    def __init__(self, polynomial: int, width: int) -> None:
        """polynomial: bits reversed. width: bits, 32 or 64."""
        self._tables = _tables(polynomial)
        self._narrow = _bytewise(polynomial)
        self._mask = (1 << width) - 1
        self._value = self._mask
        self._width = width

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next bytes."""
        t0, t1, t2, t3 = self._tables
        value = self._value
        whole = len(data) // 8 * 8
        words = array.array("Q", bytes(data[:whole]))
        if sys.byteorder == "big":
            words.byteswap()
        for word in words:
            x = word ^ value
            value = t3[x & 0xFFFF] ^ t2[x >> 16 & 0xFFFF] ^ t1[x >> 32 & 0xFFFF] ^ t0[x >> 48]
        for byte in data[whole:]:
            value = value >> 8 ^ self._narrow[(value ^ byte) & 0xFF]
        self._value = value

    def digest(self) -> bytes:
        """Return width / 8 bytes."""
        return (self._value ^ self._mask).to_bytes(self._width // 8, "big")


@cache
def _bytewise(polynomial: int) -> tuple[int, ...]:
    table = []
    for start in range(256):
        value = start
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


@cache
def _tables(polynomial: int) -> "tuple[array.array[int], ...]":
    """Table k gives what two bytes, followed by 2k zero bytes, add to the checksum."""
    narrow = _bytewise(polynomial)
    first = array.array("Q", bytes(8 * 65536))
    for value in range(65536):
        step = value >> 8 ^ narrow[value & 0xFF]
        first[value] = step >> 8 ^ narrow[step & 0xFF]
    tables = [first]
    for _ in range(3):
        tables.append(array.array("Q", (v >> 16 ^ first[v & 0xFFFF] for v in tables[-1])))
    return tuple(tables)


_FACTORIES: dict[str, Callable[[], Running]] = {
    "CRC32": Crc32,
    "CRC32C": lambda: ReflectedCrc(0x82F63B78, 32),
    "CRC64NVME": lambda: ReflectedCrc(0x9A6C9329AC4BC9B5, 64),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
}
ALGORITHMS = tuple(_FACTORIES)


def running(algorithm: str) -> Running:
    """Return a fresh checksum by S3's name, in capitals; raises ChecksumRefused for one that is not known."""
    factory = _FACTORIES.get(algorithm)
    if factory is None:
        raise ChecksumRefused(name="checksum algorithm", value=algorithm)
    return factory()


def digest_of(algorithm: str, data: bytes) -> bytes:
    """Return the checksum of bytes at hand."""
    checksum = running(algorithm)
    checksum.update(data)
    return checksum.digest()
