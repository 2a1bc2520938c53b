"""One connection between HAProxy and the endpoints, with a look at what goes through.

HAProxy stands on both sides, so requests come one after the other and well-formed. Bytes are passed on as they are; an
answer is held back until its record is written. Whatever is not understood ends the connection, which HAProxy mends.
"""

import asyncio
import time
from typing import cast

import httptools

from shipway.domain.capture import ATTRIBUTES, EVENT, INFERENCE, encode_parts
from shipway.targets.local.capture.journal import Journal
from shipway.targets.local.gateway.render import ENDPOINT, LIVE

ALIVE = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
LARGEST = 16 * 2**20  # bytes of one body that can be recorded
WANTED = frozenset({b"content-type", INFERENCE.encode(), ATTRIBUTES.encode(), EVENT.encode(), ENDPOINT.encode()})


class Body:
    """A body that passes by. whole: whether all of it was kept."""

    __slots__ = ("_parts", "_size", "whole")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self.whole = True

    def add(self, part: bytes) -> None:
        """Keep one more part, as long as there is room."""
        self._size += len(part)
        if self._size > LARGEST:
            self.whole = False
            self._parts.clear()
        else:
            self._parts.append(part)

    def get(self) -> bytes:
        """Return all of it."""
        return b"".join(self._parts)


class Caller(asyncio.Protocol):
    """HAProxy's side of a connection."""

    def __init__(self, upstream: str, journal: Journal, connections: "set[Caller]") -> None:
        self._upstream = upstream
        self._journal = journal
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._model: Model | None = None
        self._waiting: list[bytes] = []
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the way to the endpoints is opened with the first request."""
        self.transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the other side too."""
        del exc
        self._connections.discard(self)
        if self._model is not None:
            self._model.end()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.end()
            return
        if self._live:
            return
        if self._model is None:
            self._model = Model(self)
            self._waiting.append(data)
            self._opening = asyncio.ensure_future(self._open(self._model))
        elif self._model.transport is None:
            self._waiting.append(data)
        else:
            self._model.transport.write(data)

    async def _open(self, model: "Model") -> None:
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: model, self._upstream)
        except OSError:
            self.end()

    def opened(self, upstream: asyncio.Transport) -> None:
        """Send what has come meanwhile."""
        if self.transport.is_closing():
            upstream.close()
            return
        upstream.write(b"".join(self._waiting))
        self._waiting.clear()

    def end(self) -> None:
        """Close the connection; HAProxy tries a request without an answer somewhere else."""
        if not self.transport.is_closing():
            self.transport.close()

    def pause_writing(self) -> None:
        """Let the endpoint wait while HAProxy does not read."""
        if self._model is not None and self._model.transport is not None:
            self._model.transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        if self._model is not None and self._model.transport is not None:
            self._model.transport.resume_reading()

    # What the parser tells

    def on_message_begin(self) -> None:
        """A request begins."""
        self.busy = True
        self.asked = time.time()
        self.headers: dict[bytes, bytes] = {}
        self.body = Body()
        self._live = False

    def on_url(self, url: bytes) -> None:
        """Tell HAProxy's look from a request."""
        self._live = url == LIVE.encode()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep what the record needs."""
        if (lowered := name.lower()) in WANTED:
            self.headers[lowered] = value

    def on_body(self, body: bytes) -> None:
        """Keep the body."""
        self.body.add(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self._live:
            self.busy = False
            self.transport.write(ALIVE)

    # What the endpoint said

    def answered(self, status: int, content_type: bytes, body: Body, raw: bytes, last: bool) -> None:
        """Record an answer if it is one, then send it. last: the endpoint closes the connection after it."""

        endpoint = self._header(ENDPOINT)
        if 200 <= status < 300 and endpoint:
            if self.body.whole and body.whole:
                answer = (content_type.decode("latin-1"), body.get())
                self._journal.append(endpoint, self.asked, self._line(answer))
            else:
                self._journal.drop(endpoint, f"a body has more than {LARGEST} bytes")
        self.busy = False
        self.transport.write(raw)
        if last:
            self.transport.close()

    def _line(self, answer: tuple[str, bytes]) -> bytes:
        names = (self._header(EVENT), self._header(INFERENCE), self._header(ATTRIBUTES))
        return encode_parts((self._header("content-type"), self.body.get()), answer, names, int(self.asked))

    def _header(self, name: str) -> str:
        return self.headers.get(name.encode(), b"").decode("latin-1")


class Model(asyncio.Protocol):
    """The endpoint's side of a connection."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._parser = httptools.HttpResponseParser(self)
        self._raw: list[bytes] = []
        self._held = True
        self._content_type = b""
        self._body = Body()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over what the caller has sent meanwhile."""
        self.transport = cast("asyncio.Transport", transport)
        self._caller.opened(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on what there is of an answer, then end."""
        del exc
        if self._raw:
            self._caller.transport.write(b"".join(self._raw))
        self._caller.end()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; one that is too large to be kept is passed on without being held."""
        self._raw.append(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._caller.end()
            return
        if self._raw and not self._body.whole:
            self._caller.transport.write(b"".join(self._raw))
            self._raw.clear()

    def end(self) -> None:
        """Close the connection."""
        if self.transport is not None:
            self.transport.close()

    def pause_writing(self) -> None:
        """Let HAProxy wait while the endpoint does not read."""
        self._caller.transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._caller.transport.resume_reading()

    def on_message_begin(self) -> None:
        """An answer begins."""
        self._content_type = b""
        self._body = Body()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the content type."""
        if name.lower() == b"content-type":
            self._content_type = value

    def on_body(self, body: bytes) -> None:
        """Keep the body."""
        self._body.add(body)

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        raw = b"".join(self._raw)
        self._raw.clear()
        last = not self._parser.should_keep_alive()
        self._caller.answered(self._parser.get_status_code(), self._content_type, self._body, raw, last)
