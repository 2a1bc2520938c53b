"""Kept connections to a server that says exactly what it is told to."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

import pytest

from shipway.runtime.function_host.kept import Answer, Broken, Connections, Unreachable

Script = Sequence[Sequence[bytes]]  # of each connection, what is said to each of its requests; then it is closed
Serve = Callable[[Script], tuple[Connections, list[bytes]]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers with a script each, and give what they were asked."""
    with contextlib.ExitStack() as stack:

        def start(script: Script) -> tuple[Connections, list[bytes]]:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            asked: list[bytes] = []
            thread = threading.Thread(target=_serve, args=(listening, script, asked), daemon=True)
            thread.start()
            stack.callback(thread.join, 10)
            found = Connections(("127.0.0.1", listening.getsockname()[1]))
            stack.callback(found.close)
            return found, asked

        yield start


def _serve(listening: socket.socket, script: Script, asked: list[bytes]) -> None:
    for says in script:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as file:
            for said in says:
                head = b"".join(takewhile(lambda line: line.strip(), iter(file.readline, b"")))
                if not head:
                    break
                size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                asked.append(head + file.read(size))
                connection.sendall(said)


def _ask(connections: Connections, body: bytes = b"1,2", seconds: float = 10) -> Answer:
    return connections.post("/x", {"Content-Type": "text/csv"}, body, connect_seconds=seconds, seconds=seconds)


def test_one_connection_for_many_requests(serve: Serve) -> None:
    connections, asked = serve([[OK, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nX-A:  b c \r\n\r\n", OK]])
    assert _ask(connections) == Answer(200, {"content-length": "2"}, b"ok")
    assert _ask(connections) == Answer(404, {"content-length": "0", "x-a": "b c"}, b"")
    assert _ask(connections, b"z" * 300_000).body == b"ok"
    assert asked[0].startswith(b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:")
    assert asked[0].endswith(b"Content-Length: 3\r\nContent-Type: text/csv\r\n1,2")
    assert asked[2].endswith(b"\r\n" + b"z" * 300_000)


def test_a_body_in_chunks(serve: Serve) -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n"
    )
    connections, _ = serve([[chunked, OK]])
    assert _ask(connections).body == b"abc0123456789"
    assert _ask(connections).body == b"ok"


def test_an_answer_that_only_says_to_go_on(serve: Serve) -> None:
    connections, _ = serve([[b"HTTP/1.1 100 Continue\r\n\r\n" + OK]])
    assert _ask(connections).status == 200


def test_a_kept_connection_that_was_closed_meanwhile(serve: Serve) -> None:
    connections, asked = serve([[OK], [OK]])
    assert [_ask(connections).body, _ask(connections).body] == [b"ok", b"ok"]
    assert len(asked) == 2


def test_a_connection_that_is_announced_to_close(serve: Serve) -> None:
    other = OK.replace(b"ok", b"no")
    connections, _ = serve([[OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), other], [OK]])
    assert [_ask(connections).body, _ask(connections).body] == [b"ok", b"ok"]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300 + b"\r\n",
    ],
)
def test_what_is_no_answer(serve: Serve, said: bytes) -> None:
    connections, asked = serve([[said], [OK]])
    with pytest.raises(Broken):
        _ask(connections)
    assert _ask(connections).body == b"ok"  # on a new connection
    assert len(asked) == 2


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unreachable, match="refused") as raised:
        _ask(Connections(("127.0.0.1", port)))
    assert not raised.value.timed_out


def test_nobody_takes_connections() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        with pytest.raises(Unreachable, match="timed out") as raised:
            _ask(Connections(full.getsockname()), seconds=0.2)
        assert raised.value.timed_out


def test_an_answer_that_comes_too_late(serve: Serve) -> None:
    connections, _ = serve([[b"HTTP/1.1 200 OK\r\n", OK], [OK]])
    with pytest.raises(TimeoutError):
        _ask(connections, seconds=0.2)
    assert _ask(connections).body == b"ok"  # never what the late one would have said
