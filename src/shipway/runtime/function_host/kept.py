"""Connections to the gateway that are kept, one a thread, and only as much HTTP as the gateway speaks on them."""

import socket
import threading
from dataclasses import dataclass
from io import BufferedReader
from typing import NoReturn

JOINED = 16 * 1024  # bytes of a body that are sent in one piece with its head
LINE = 64 * 1024  # bytes of one line of an answer's head
LINES = 256


class Broken(OSError):
    """The connection ended, or what came is no answer. unused: it was kept, and no byte of an answer had come."""

    def __init__(self, problem: str, *, unused: bool = False) -> None:
        super().__init__(problem)
        self.unused = unused


class Unreachable(OSError):
    """There is no connection. timed_out: nobody has said why."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.timed_out = isinstance(error, TimeoutError)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read whole. headers: their names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connections:
    """Sends POST requests to one address: host and port, or the name of an abstract Unix socket."""

    def __init__(self, address: tuple[str, int] | str) -> None:
        self._address = address
        self._host = "localhost" if isinstance(address, str) else f"{address[0]}:{address[1]}"
        self._kept = threading.local()
        self._open: set[_Connection] = set()

    def close(self) -> None:
        """Close the connections of all threads; a later request opens its own again."""
        while self._open:
            self._open.pop().close()

    def post(
        self, path: str, headers: dict[str, str], body: bytes, *, connect_seconds: float, seconds: float | None
    ) -> Answer:
        """Send over this thread's connection; over a new one when the kept one turns out to have been closed.

        headers: names and values that a header may have, without Host and Content-Length.
        connect_seconds, seconds: until there is a connection, and until a part of the answer.
        Raises Unreachable, Broken, TimeoutError, another OSError.
        """
        own = {"Host": self._host, "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in own.items())
        head = f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
        kept: _Connection | None = getattr(self._kept, "connection", None)
        if kept is not None and kept in self._open:
            try:
                return self._exchange(kept, head, body, seconds)
            except Broken as broken:
                if not broken.unused:
                    raise
        fresh = _Connection(self._connect(connect_seconds))
        self._kept.connection = fresh
        self._open.add(fresh)
        return self._exchange(fresh, head, body, seconds)

    def _connect(self, seconds: float) -> socket.socket:
        try:
            return self._connected(seconds)
        except OSError as error:
            raise Unreachable(error) from error

    def _connected(self, seconds: float) -> socket.socket:
        if not isinstance(self._address, str):
            opened = socket.create_connection(self._address, seconds)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened
        opened = socket.socket(socket.AF_UNIX)
        try:
            opened.settimeout(seconds)
            opened.connect(f"\0{self._address}")
        except OSError:
            opened.close()
            raise
        return opened

    def _exchange(self, connection: "_Connection", head: bytes, body: bytes, seconds: float | None) -> Answer:
        try:
            answer = connection.exchange(head, body, seconds)
        except BaseException:  # what comes on it later would be another request's answer
            self._drop(connection)
            raise
        if answer.headers.get("connection", "").lower() == "close":
            self._drop(connection)
        return answer

    def _drop(self, connection: "_Connection") -> None:
        self._open.discard(connection)
        connection.close()


class _Connection:
    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._file: BufferedReader = opened.makefile("rb")
        self._used = False

    def close(self) -> None:
        """Close it."""
        self._file.close()
        self._socket.close()

    def exchange(self, head: bytes, body: bytes, seconds: float | None) -> Answer:
        """Send a request and return its answer."""
        self._socket.settimeout(seconds)
        used, self._used = self._used, True
        try:
            if len(body) <= JOINED:
                self._socket.sendall(head + body)
            else:
                self._socket.sendall(head)
                self._socket.sendall(body)
            line = self._file.readline(LINE)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Broken(str(error), unused=used) from error
        if not line:
            raise Broken("the connection was closed", unused=used)
        return self._answer(line)

    def _answer(self, line: bytes) -> Answer:
        while True:
            status = _status(line)
            headers = self._headers()
            if status >= 200:
                return Answer(status, headers, self._body(headers))
            line = self._file.readline(LINE)  # after an answer that only says to go on

    def _headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for _ in range(LINES):
            line = self._file.readline(LINE)
            if line in (b"\r\n", b"\n"):
                return found
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                _refuse(line)
            found[name.lower()] = value.strip()
        raise Broken(f"an answer with more than {LINES} headers")

    def _body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            return self._chunks()
        return self._read(_number(headers.get("content-length", ""), 10))

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := _number(self._file.readline(LINE).partition(b";")[0].decode("latin-1").strip(), 16):
            parts.append(self._read(size))
            self._file.readline(LINE)
        self._headers()  # the trailer
        return b"".join(parts)

    def _read(self, size: int) -> bytes:
        found = self._file.read(size)
        if len(found) < size:
            raise Broken(f"an answer of {size} bytes ended after {len(found)}")
        return found


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/1.") or not code.isdigit():
        _refuse(line)
    return int(code)


def _number(text: str, base: int) -> int:
    if not text.isalnum():  # not even a sign
        _refuse(text.encode())
    try:
        return int(text, base)
    except ValueError:
        _refuse(text.encode())


def _refuse(line: bytes) -> NoReturn:
    raise Broken(f"not a part of an answer: {line[:80]!r}")
