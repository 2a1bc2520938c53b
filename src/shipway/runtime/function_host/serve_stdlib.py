"""The host on the standard library alone: a thread a connection."""

import signal
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shipway.domain.function import HttpAnswer, HttpRequest
from shipway.runtime.function_host.app import App
from shipway.runtime.function_host.limits import BODY_LIMIT, STOP_SECONDS
from shipway.runtime.function_host.settings import Settings


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    app: App
    under_way = 0
    lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body leave in one piece
    disable_nagle_algorithm = True
    server: _Server

    def handle_one_request(self) -> None:
        """Answer one request whatever its method; a connection that breaks is nobody's error."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            with self.server.lock:
                self.server.under_way += 1
            try:
                self._send(self._answer())
            finally:
                with self.server.lock:
                    self.server.under_way -= 1
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: the gateway keeps the record of requests."""

    def _answer(self) -> HttpAnswer:
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_LIMIT or self.headers.get("transfer-encoding"):
            self.close_connection = True
            return self.server.app.too_large()
        body = self.rfile.read(length)
        return self.server.app.answer(
            HttpRequest(
                method=self.command,
                target=self.path,
                headers=list(self.headers.items()),
                body=body,
                source=str(self.client_address[0]),
            )
        )

    def _send(self, answer: HttpAnswer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.server.app.recycling:
            self.send_header("connection", "close")
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()


def serve(settings: Settings, make: Callable[[Callable[[], None]], App]) -> int:
    """Serve until SIGTERM or until the process must be replaced; return 0."""
    stopping = threading.Event()
    server = _Server((settings.host, settings.port), _Handler)
    server.app = make(stopping.set)
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    stopping.wait()
    server.shutdown()
    server.socket.close()
    pause = threading.Event()
    waited = 0.0
    while server.under_way and waited < STOP_SECONDS:
        pause.wait(0.02)
        waited += 0.02
    return 0
