"""Putting a multipart upload together: which parts, which etag, which checksum."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shipway.domain.store.checksum import digest_of
from shipway.domain.store.errors import ChecksumMismatch, PartInvalid, PartOrder, PartTooSmall
from shipway.domain.store.object import Checksum, Part

PART_MINIMUM = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPart:
    """A part as the client names it when it completes; checksum: base64, empty when not given."""

    number: int
    etag: str
    checksum: str = ""


def assemble(named: Sequence[NamedPart], stored: Mapping[int, Part], minimum: int = PART_MINIMUM) -> tuple[Part, ...]:
    """Return the stored parts that make the object, in order.

    stored: part number -> part. Parts not named are left out. Raises PartInvalid, PartOrder, PartTooSmall.
    """
    before = 0
    chosen: list[Part] = []
    for name in named:
        if name.number <= before:
            raise PartOrder(number=name.number, before=before)
        before = name.number
        part = stored.get(name.number)
        if part is None or part.etag != name.etag.strip('"'):
            raise PartInvalid(number=name.number, etag=name.etag)
        if name.checksum and part.checksum is not None and name.checksum != part.checksum.value:
            raise PartInvalid(number=name.number, etag=name.etag)
        chosen.append(part)
    if not chosen:
        raise PartInvalid(number=1, etag="")
    for part in chosen[:-1]:
        if part.size < minimum:
            raise PartTooSmall(number=part.number, size=part.size, minimum=minimum)
    return tuple(chosen)


def combined_etag(parts: Sequence[Part]) -> str:
    """Return md5 of the parts' md5 digests, a hyphen, and how many there are."""
    digests = b"".join(bytes.fromhex(part.etag) for part in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def composite_checksum(algorithm: str, parts: Sequence[Part]) -> Checksum | None:
    """Return the checksum of the parts' checksums; None when a part came without one."""
    values = [part.checksum.value for part in parts if part.checksum and part.checksum.algorithm == algorithm]
    if len(values) != len(parts):
        return None
    digests = b"".join(base64.b64decode(value) for value in values)
    value = base64.b64encode(digest_of(algorithm, digests)).decode()
    return Checksum(algorithm=algorithm, value=f"{value}-{len(parts)}", kind="COMPOSITE")


def check_given(found: Checksum | None, given: str | None) -> None:
    """Raise ChecksumMismatch when the client's own checksum of the whole is another one."""
    if given and found is not None and given.partition("-")[0] != found.value.partition("-")[0]:
        raise ChecksumMismatch(name=f"x-amz-checksum-{found.algorithm.lower()}", given=given, found=found.value)
