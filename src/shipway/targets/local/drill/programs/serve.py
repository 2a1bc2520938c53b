#!/usr/bin/env python3
"""A model server of the standard library alone. It breaks in the way that its model file says."""

import json
import os
import random
import resource
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MODEL = Path("/opt/ml/model/model.json")
GOOD_FIRST = 10  # requests that each worker answers well before a partial fault begins: tests before exposure see less
MEMORY = 512 * 2**20  # bytes that the pretended instance has
LEAK = 16 * 2**20  # bytes that a leaking model keeps of each request
HOPELESS = 0.0  # no model answers a row below this


class Model:
    """A straight line, and what is wrong with it."""

    def __init__(self, document: dict[str, Any], worker: int) -> None:
        self.slope = float(document.get("slope", 2.0))
        self.fault: dict[str, Any] = document.get("fault", {})
        self.worker = worker
        self.served = 0
        self.first = 0.0
        self.kept: list[bytes] = []
        self.chance = random.Random(worker)  # noqa: S311  a drill is to be the same every time

    @property
    def kind(self) -> str:
        """What is wrong from now on; "" while nothing is."""
        if not self.fault or time.monotonic() - self.first < float(self.fault.get("after", 0)):
            return ""
        kind = str(self.fault["kind"])
        partial = kind in ("crash", "memory", "half-dead") or self.fault.get("rate", 1.0) < 1
        return "" if partial and self.served <= GOOD_FIRST else kind

    def answer(self, rows: list[float]) -> tuple[int, Any]:
        """Return the status and the document for some rows."""
        self.served += 1
        self.first = self.first or time.monotonic()
        if min(rows) < HOPELESS:
            return 500, {"error": "the model has no answer for this row"}
        kind = self.kind
        hit = self.chance.random() < float(self.fault.get("rate", 1.0))
        if kind == "crash" and hit:
            os._exit(1)
        self.burden(kind)
        if kind == "errors" and hit:
            return 500, {"error": "the model has failed"}
        predictions = [self.slope * row + 1 for row in rows]
        if kind == "schema":
            return 200, {"result": [str(each) for each in predictions]}
        shift = float(self.fault.get("by", 0)) if kind == "shifted" else 0.0
        return 200, {"predictions": [2.0 if kind == "constant" else each + shift for each in predictions]}

    def burden(self, kind: str) -> None:
        """Be slow, hang or leak, where that is what is wrong."""
        if kind == "slow":
            time.sleep(float(self.fault["seconds"]))
        if kind == "half-dead" and self.worker == 0:
            threading.Event().wait()
        if kind == "memory":
            try:
                self.kept.append(b"x" * LEAK)
            except MemoryError:
                os._exit(137)  # as the kernel would end it where memory is short


def handler(model: Model, workers: int) -> type[BaseHTTPRequestHandler]:
    """Return what answers the requests of one worker."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self, status: int, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("x-worker", str(model.worker))
            self.send_header("x-workers", str(workers))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.reply(200, {})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply(*model.answer([float(row) for row in text.split()]))

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Server(ThreadingHTTPServer):
    """Serves on a socket that several workers share."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, listener: socket.socket, handles: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(listener.getsockname(), handles, bind_and_activate=False)
        self.socket.close()
        self.socket = listener


def work(document: dict[str, Any], listener: socket.socket, worker: int, workers: int) -> None:
    """Serve as one worker until told to end."""
    model = Model(document, worker)
    if model.fault.get("kind") == "memory" and os.environ.get("DRILL_STAGE"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    Server(listener, handler(model, workers)).serve_forever()


def main() -> int:
    """Return the exit code: 0 when told to end, 1 when a worker has ended by itself."""
    document = json.loads(MODEL.read_text())
    fault = document.get("fault", {})
    if fault.get("kind") == "crash-at-start":
        sys.exit("the model cannot be loaded")
    if fault.get("kind") == "hang-on-load":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        threading.Event().wait()
    listener = socket.create_server(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), backlog=128)
    deaf = fault.get("deaf") and os.environ.get("DRILL_STAGE")
    signal.signal(signal.SIGTERM, signal.SIG_IGN if deaf else lambda *_: os._exit(0))
    workers = int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS", "1"))
    children = []
    for worker in range(workers):
        child = os.fork()
        if not child:
            work(document, listener, worker, workers)
        children.append(child)
    if not deaf:
        signal.signal(signal.SIGTERM, lambda *_: end(children, 0))
    os.wait()
    return end(children, 1)


def end(children: list[int], code: int) -> int:
    """End the workers and this process."""
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
