"""AWS as the function sees it, over real HTTP: InvokeEndpoint passes on to a container, CodeDeploy notes verdicts."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"


@dataclass
class PlatformApi:
    """What it was asked, and where it passes invocations on to.

    backend: port of the container's server. failure: answered in its place when set, (status, body, headers).
    """

    backend: int = 0
    failure: tuple[int, dict[str, Any], dict[str, str]] | None = None
    invocations: list[dict[str, str]] = field(default_factory=list)
    verdicts: list[dict[str, str]] = field(default_factory=list)
    address: str = ""


@contextmanager
def platform_api(backend: int) -> Iterator[PlatformApi]:
    """A listening API, ended afterwards."""
    api = PlatformApi(backend)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.endswith("/invocations"):
                self.invoke(body)
            else:
                api.verdicts.append({"target": self.headers["X-Amz-Target"], **json.loads(body)})
                self.answer(200, b"{}", "application/x-amz-json-1.1")

        def invoke(self, body: bytes) -> None:
            wanted = {name.lower(): value for name, value in self.headers.items()}
            api.invocations.append({"endpoint": self.path.split("/")[2], **wanted})
            if api.failure is not None:
                status, document, headers = api.failure
                self.answer(status, json.dumps(document).encode(), "application/json", headers)
                return
            connection = http.client.HTTPConnection("127.0.0.1", api.backend, timeout=20)
            headers = {name: self.headers[name] for name in ("Content-Type", "Accept") if self.headers[name]}
            connection.request("POST", "/invocations", body, headers)
            found = connection.getresponse()
            text = found.read()
            connection.close()
            if found.status == 200:
                self.answer(200, text, found.headers["Content-Type"])
                return
            error = {"Message": "refused", "OriginalStatusCode": found.status, "OriginalMessage": text.decode()}
            self.answer(424, json.dumps(error).encode(), "application/json", {"x-amzn-ErrorType": "ModelError"})

        def answer(self, status: int, body: bytes, kind: str, more: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
