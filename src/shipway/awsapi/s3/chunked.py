"""The aws-chunked body encoding: chunks with sizes, perhaps signatures, and a trailer with a checksum."""

import hashlib
import hmac
from collections.abc import Iterator
from enum import Enum, auto

from shipway.awsapi.s3.errors import IncompleteBody, SignatureMismatch
from shipway.awsapi.s3.sigv4 import ALGORITHM, Signer

STREAMING = "STREAMING-"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
FORMS = (SIGNED, f"{SIGNED}-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
_LINE_LIMIT = 8192
_EMPTY = hashlib.sha256(b"").hexdigest()


class _At(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()
    END = auto()


class Chunked:
    """Decodes a body given piece by piece; memory stays at one piece and one line.

    trailers: names in lower case -> values, complete once `finish` returned.
    """

    def __init__(self, form: str, signer: Signer | None) -> None:
        """form: one of FORMS. signer: needed for the signed ones."""
        self.trailers: dict[str, str] = {}
        self._signer = signer if form.startswith(SIGNED) else None
        self._has_trailer = form.endswith("-TRAILER")
        self._previous = self._signer.signature if self._signer else ""
        self._buffer = bytearray()
        self._at = _At.SIZE
        self._left = 0
        self._claimed = ""
        self._hash = hashlib.sha256()
        self._trailer_text = ""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the content in the next piece; raises IncompleteBody for a broken frame, SignatureMismatch."""
        self._buffer += data
        while self._buffer and self._at is not _At.END:
            if self._at is _At.DATA:
                yield self._take()
                continue
            line = self._line()
            if line is None:
                return
            self._read(line)
        if self._at is _At.END:
            self._buffer.clear()

    def finish(self) -> None:
        """Raise IncompleteBody unless the last chunk, and the trailer where there is one, has come."""
        if self._at is not _At.END:
            raise IncompleteBody(reason="it ends within a chunk or before the trailer's end")

    def _take(self) -> bytes:
        piece = bytes(self._buffer[: self._left])
        del self._buffer[: len(piece)]
        self._left -= len(piece)
        if self._signer:
            self._hash.update(piece)
        if not self._left:
            self._at = _At.DATA_END
        return piece

    def _line(self) -> str | None:
        end = self._buffer.find(b"\r\n", 0, _LINE_LIMIT)
        if end < 0:
            if len(self._buffer) >= _LINE_LIMIT:
                raise IncompleteBody(reason="a chunk's first line is too long")
            return None
        line = bytes(self._buffer[:end]).decode("latin-1")
        del self._buffer[: end + 2]
        return line

    def _read(self, line: str) -> None:
        if self._at is _At.SIZE:
            self._read_size(line)
        elif self._at is _At.DATA_END:
            if line:
                raise IncompleteBody(reason="a chunk is longer than it says")
            self._check_chunk()
            self._at = _At.SIZE
        else:
            self._read_trailer(line)

    def _read_size(self, line: str) -> None:
        size, _, extension = line.partition(";")
        try:
            self._left = int(size, 16)
        except ValueError:
            raise IncompleteBody(reason=f"{size[:20]!r} is not a chunk size") from None
        if self._left < 0:
            raise IncompleteBody(reason="a chunk size is negative")
        self._claimed = extension.partition("chunk-signature=")[2]
        self._hash = hashlib.sha256()
        self._at = _At.DATA
        if not self._left:
            self._check_chunk()
            self._at = _At.TRAILER

    def _read_trailer(self, line: str) -> None:
        """The trailer's lines end with an empty one; some clients leave that out behind the trailer's signature."""
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name == "x-amz-trailer-signature":
            self._check("TRAILER", hashlib.sha256(self._trailer_text.encode("latin-1")).hexdigest(), value.strip())
            self._at = _At.END
        elif name:
            self.trailers[name] = value.strip()
            self._trailer_text += f"{name}:{value.strip()}\n"
        elif self._signer and self._has_trailer:
            if self._trailer_text:
                raise SignatureMismatch(reason="the trailer is not signed")
        else:
            self._at = _At.END

    def _check_chunk(self) -> None:
        if self._signer:
            self._previous = self._check("PAYLOAD", f"{_EMPTY}\n{self._hash.hexdigest()}", self._claimed)

    def _check(self, kind: str, hashes: str, claimed: str) -> str:
        if self._signer is None:
            return ""
        head = f"{ALGORITHM}-{kind}\n{self._signer.timestamp}\n{self._signer.scope}"
        expected = self._signer.sign(f"{head}\n{self._previous}\n{hashes}")
        if not hmac.compare_digest(expected, claimed):
            raise SignatureMismatch
        return expected
