"""Bodies on their way in: streamed into the store's staging with bounded memory, checked before they count."""

import hmac
from collections.abc import AsyncIterator, Iterator

from anyio import to_thread
from starlette.requests import Request

from shipway.awsapi.s3.auth import Authorized
from shipway.awsapi.s3.chunked import FORMS, STREAMING, Chunked
from shipway.awsapi.s3.errors import (
    IncompleteBody,
    InvalidRequestArgument,
    MissingContentLength,
    NotImplementedHere,
    PayloadMismatch,
    TooLarge,
)
from shipway.awsapi.s3.request import S3Request
from shipway.awsapi.s3.sigv4 import UNSIGNED
from shipway.domain.store.checksum import digest_of
from shipway.targets.local.store.blobs import STEP, Staging

OBJECT_LIMIT = 5 * 1024**3
DOCUMENT_LIMIT = 2 * 1024**2


class Incoming:
    """One body's bytes, out of whatever frame they came in."""

    def __init__(self, request: S3Request, authorized: Authorized) -> None:
        """Raises MissingContentLength, TooLarge, NotImplementedHere from the headers alone."""
        payload = authorized.payload
        if payload.startswith(STREAMING) and payload not in FORMS:
            raise NotImplementedHere(feature=f"the payload form {payload}")
        self._chunked = Chunked(payload, authorized.signer) if payload in FORMS else None
        self._sha256 = None if self._chunked or payload == UNSIGNED else payload
        self.size = _announced(request, chunked=self._chunked is not None)

    @property
    def trailers(self) -> dict[str, str]:
        """The trailer's fields, once the body has been read."""
        return self._chunked.trailers if self._chunked else {}

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield the content within the next bytes from the wire."""
        return self._chunked.feed(data) if self._chunked else iter((data,))

    def check(self, size: int, sha256: str) -> None:
        """Raise unless what arrived is what was announced and signed: IncompleteBody, PayloadMismatch."""
        if self._chunked:
            self._chunked.finish()
        if size != self.size:
            raise IncompleteBody(reason=f"{self.size} bytes were announced, {size} arrived")
        if self._sha256 is not None and not hmac.compare_digest(self._sha256.encode(), sha256.encode()):
            raise PayloadMismatch(found=sha256, given=self._sha256)


async def receive_object(request: Request, incoming: Incoming, staged: Staging) -> None:
    """Write the body into the staged file; hashing and writing happen off the event loop."""
    if incoming.size > OBJECT_LIMIT:
        raise TooLarge(size=incoming.size, limit=OBJECT_LIMIT)

    def take(data: bytes) -> None:
        for piece in incoming.pieces(data):
            staged.write(piece)
        if staged.size > incoming.size:
            raise IncompleteBody(reason=f"more than the announced {incoming.size} bytes arrived")

    async for data in _gathered(request):
        await to_thread.run_sync(take, data)
    incoming.check(staged.size, staged.sha256)


async def receive_document(request: Request, incoming: Incoming) -> bytes:
    """Return a small body whole, such as an XML document; raises TooLarge."""
    if incoming.size > DOCUMENT_LIMIT:
        raise TooLarge(size=incoming.size, limit=DOCUMENT_LIMIT)
    body = bytearray()
    async for data in request.stream():
        for piece in incoming.pieces(data):
            body += piece
        if len(body) > incoming.size:
            raise IncompleteBody(reason=f"more than the announced {incoming.size} bytes arrived")
    incoming.check(len(body), digest_of("SHA256", bytes(body)).hex())
    return bytes(body)


async def _gathered(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in pieces of about a MiB: a thread's turn costs more than a small piece is worth."""
    gathered = bytearray()
    async for data in request.stream():
        gathered += data
        if len(gathered) >= STEP:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _announced(request: S3Request, *, chunked: bool) -> int:
    name = "x-amz-decoded-content-length" if chunked else "content-length"
    text = request.header(name)
    if text is None:
        if request.header("transfer-encoding") is None and not chunked:
            return 0
        raise MissingContentLength
    if not (text.isascii() and text.isdigit()):
        raise InvalidRequestArgument(name=name, value=text, reason="it is not a whole number")
    return int(text)
