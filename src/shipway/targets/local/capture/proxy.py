"""One connection to the endpoints, with a look at what goes through.

HAProxy stands on both sides, so requests come one after the other and well-formed. Bytes are passed on as they are; an
answer is held back until its record is written. Whatever is not understood ends the connection, which HAProxy mends.
Every second pass through HAProxy costs as much as the record, so a function's host is offered a direct way: then it
stands on this side, mends a connection itself, and HAProxy's answer says what is captured.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

import httptools

from shipway.domain.capture import ATTRIBUTES, CAPTURED, EVENT, INFERENCE, RECORDER, encode_parts
from shipway.targets.local.capture.journal import Journal
from shipway.targets.local.gateway.render import ENDPOINT, LIVE, OFFER

ALIVE = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
LARGEST = 16 * 2**20  # bytes of one body that can be recorded
NAMES = ("content-type", INFERENCE, ATTRIBUTES, EVENT, ENDPOINT, OFFER)
WANTED = frozenset(name.encode() for name in NAMES)
SAID = CAPTURED.encode()


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
    """The asking side of a connection.

    upstream: where requests go on to. offer: the direct way's address, "" on that way itself.
    """

    def __init__(self, upstream: str, journal: Journal, connections: "set[Caller]", offer: str = "") -> None:
        self._upstream = upstream
        self._journal = journal
        self._connections = connections
        self._offer = offer.encode()
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

    def answered(self, answer: "Answer") -> None:
        """Record an answer if it is one, then send it."""
        endpoint, event = self._captured(answer)
        if 200 <= answer.status < 300 and endpoint:
            if self.body.whole and answer.body.whole:
                self._journal.append(endpoint, self.asked, self._line(answer, event))
            else:
                self._journal.drop(endpoint, f"a body has more than {LARGEST} bytes")
        self.busy = False
        raw = answer.raw
        if self._offer and self._header(OFFER):
            status, end, rest = raw.partition(b"\r\n")
            raw = b"".join((status, end, RECORDER.encode(), b": ", self._offer, end, rest))
        self.transport.write(raw)
        if answer.last:
            self.transport.close()

    def _captured(self, answer: "Answer") -> tuple[str, str]:
        """Return endpoint and event, "" and "" of what is not captured."""
        if self._offer:
            return self._header(ENDPOINT), self._header(EVENT)
        endpoint, _, event = answer.captured.decode("latin-1").partition(" ")
        return endpoint, event

    def _line(self, answer: "Answer", event: str) -> bytes:
        names = (event, self._header(INFERENCE), self._header(ATTRIBUTES))
        asked = (self._header("content-type"), self.body.get())
        return encode_parts(asked, (answer.content_type.decode("latin-1"), answer.body.get()), names, int(self.asked))

    def _header(self, name: str) -> str:
        return self.headers.get(name.encode(), b"").decode("latin-1")


@dataclass(slots=True)
class Answer:
    """What the endpoint said. raw: all of its bytes. last: it closes the connection after it."""

    content_type: bytes = b""
    captured: bytes = b""
    body: Body = field(default_factory=Body)
    status: int = 0
    raw: bytes = b""
    last: bool = False


class Model(asyncio.Protocol):
    """The endpoint's side of a connection."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._parser = httptools.HttpResponseParser(self)
        self._raw: list[bytes] = []
        self._answer = Answer()
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
        if self._raw and not self._answer.body.whole:
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
        self._answer = Answer()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the content type, and what HAProxy says."""
        if (lowered := name.lower()) == b"content-type":
            self._answer.content_type = value
        elif lowered == SAID:
            self._answer.captured = value

    def on_body(self, body: bytes) -> None:
        """Keep the body."""
        self._answer.body.add(body)

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        self._answer.raw = b"".join(self._raw)
        self._raw.clear()
        self._answer.status = self._parser.get_status_code()
        self._answer.last = not self._parser.should_keep_alive()
        self._caller.answered(self._answer)
