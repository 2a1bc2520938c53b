"""The checksums that a request carries beside its body, and whether the body has them."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from shipway.awsapi.s3.errors import InvalidDigest, NotImplementedHere
from shipway.awsapi.s3.request import S3Request
from shipway.domain.store.checksum import ALGORITHMS
from shipway.domain.store.errors import ChecksumMismatch
from shipway.domain.store.object import Checksum
from shipway.targets.local.store.blobs import Staging

_PREFIX = "x-amz-checksum-"
_NOT_VALUES = ("x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-checksum-mode")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What to compute while the body streams in.

    algorithm: S3's name, or empty. given: base64; None: it comes in the trailer. md5: of Content-MD5.
    """

    algorithm: str = ""
    given: str | None = None
    md5: bytes | None = None

    def check(self, staged: Staging, trailers: Mapping[str, str]) -> Checksum | None:
        """Return the checksum to keep; raises ChecksumMismatch, InvalidDigest."""
        if self.md5 is not None and self.md5.hex() != staged.md5:
            raise ChecksumMismatch(name="Content-MD5", given=self.md5.hex(), found=staged.md5)
        if not self.algorithm:
            return None
        name = _PREFIX + self.algorithm.lower()
        given = self.given if self.given is not None else trailers.get(name)
        if given is None:
            raise InvalidDigest(name=name, value="")
        found = staged.checksum(self.algorithm)
        if found.value != given:
            raise ChecksumMismatch(name=name, given=given, found=found.value)
        return found


def digests_of(request: S3Request) -> Digests:
    """Return what the headers announce; raises InvalidDigest, NotImplementedHere for an algorithm we don't have."""
    md5 = request.header("content-md5")
    decoded = None if md5 is None else _decoded("Content-MD5", md5, 16)
    for name, value in request.headers.items():
        if name.startswith(_PREFIX) and name not in _NOT_VALUES:
            algorithm = _algorithm(name)
            return Digests(algorithm=algorithm, given=value, md5=decoded)
    trailer = (request.header("x-amz-trailer") or "").strip().lower()
    if trailer.startswith(_PREFIX):
        return Digests(algorithm=_algorithm(trailer), md5=decoded)
    return Digests(md5=decoded)


def _algorithm(name: str) -> str:
    algorithm = name.removeprefix(_PREFIX).upper()
    if algorithm not in ALGORITHMS:
        raise NotImplementedHere(feature=f"the checksum {algorithm}")
    return algorithm


def _decoded(name: str, value: str, length: int) -> bytes:
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != length:
        raise InvalidDigest(name=name, value=value)
    return digest
