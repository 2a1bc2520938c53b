"""Byte ranges of a read."""

import re

from shipway.domain.store.errors import RangeUnsatisfiable

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Return (first, last) inclusive of `bytes=a-b`, `a-` or `-n`; None when the header is to be ignored.

    S3 ignores what it can't read, several ranges among that, and sends the whole object.
    Raises RangeUnsatisfiable when no byte of the object lies in the range.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or not any(found.groups()):
        return None
    start, end = found.groups()
    if not start:
        first, last = max(0, size - int(end)), size - 1
        if not int(end):
            raise RangeUnsatisfiable(range=header, size=size)
    else:
        first, last = int(start), min(int(end) if end else size - 1, size - 1)
        if end and int(end) < first:
            return None
    if first >= size:
        raise RangeUnsatisfiable(range=header, size=size)
    return first, last


def part_range(parts: tuple[int, ...], number: int, size: int) -> tuple[int, int]:
    """Return (first, last) inclusive of one part, 1-based; an object that came whole is its own part 1."""
    sizes = parts or (size,)
    if not 1 <= number <= len(sizes):
        raise RangeUnsatisfiable(range=f"partNumber={number}", size=size)
    first = sum(sizes[: number - 1])
    return first, first + sizes[number - 1] - 1
