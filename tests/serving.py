"""What tests of the data plane share: an image made by hand, a model, a running plane, HTTP without a library."""

import hashlib
import http.client
import io
import json
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shipway.domain.image import BIND_TO_PORT, Recipe
from shipway.targets.local.endpoint import Endpoints
from shipway.targets.local.function import Functions
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.images.image import Image
from shipway.targets.local.supervise import Supervisor

KEY = "a-key-for-tests"

ECHO = """
import json, os

def handler(event, context):
    if event.get("body") == "raise":
        raise ValueError("what only the log may say")
    if event.get("body") == "reject":
        return {"statusCode": 400, "body": "{}"}
    answer = {"version": context.function_version, "pid": os.getpid(), "id": context.aws_request_id}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}
"""

# A model server on the standard library: says what the model is, or fails as it is told.
SERVE = """\
#!/usr/bin/env python3
import http.server, os, pathlib, signal, sys, threading, time

PORT = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
MODEL = pathlib.Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"), "model", "model.txt").read_text()
if MODEL == "broken":
    sys.exit("the model does not load")

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if body == b"fail":
            return self.answer(500, b'it said "no"')
        if body == b"refuse":
            return self.answer(400, b"bad row")
        if body == b"slow":
            time.sleep(0.5)
        custom = self.headers.get("X-Amzn-SageMaker-Custom-Attributes", "")
        said = f"{MODEL}:{self.headers.get('X-Amzn-SageMaker-Inference-Id', '')}:".encode() + body
        self.answer(200, said, content_type="text/csv", X_Amzn_SageMaker_Custom_Attributes=custom)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
server.request_queue_size = 1024
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("serving", MODEL, flush=True)
server.serve_forever()
server.server_close()
print("ended by itself", flush=True)
"""


def image(folder: Path, files: Mapping[str, str], *, target: str, binds_to_port: bool = False) -> Image:
    """Return an image with the environment of this test run and these files as its code."""
    program = folder / "program"
    program.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (program / name).write_text(text)
        (program / name).chmod(0o755)
    labels = {BIND_TO_PORT: "true"} if binds_to_port else {}
    return Image(
        name=folder.name,
        digest=hashlib.sha256(str(sorted(files.items())).encode()).hexdigest(),
        root=folder,
        env=Path(sys.prefix),
        program=program,
        target=target,
        files={target: program},
        recipe=Recipe(workdir=target, labels=labels),
    )


def function_image(folder: Path, handler: str = ECHO) -> Image:
    """Return an image whose `handler.handler` is this."""
    return image(folder, {"handler.py": handler}, target="/var/task")


def model(path: Path, text: str) -> Path:
    """Return a model.tar.gz with one file, `model.txt`."""
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo("model.txt")
        entry.size = len(text.encode())
        tar.addfile(entry, io.BytesIO(text.encode()))
    return path


class NoStore:
    """Stands where no model comes from a store."""

    def download(self, uri: str, folder: Path) -> list[Path]:
        """Refuse."""
        raise AssertionError(f"nobody asks for {uri} in {folder}")


class NoImages:
    """Stands where no image is looked up."""

    def get(self, uri: str) -> Image:
        """Refuse."""
        raise AssertionError(f"nobody asks for {uri}")


@dataclass(frozen=True)
class Plane:
    """A running data plane."""

    home: Path
    supervisor: Supervisor
    gateway: Gateway
    functions: Functions
    endpoints: Endpoints

    def ask(self, body: bytes = b"x", path: str = "/api", **headers: str) -> "Reply":
        """Send one request to the public API, with the key unless the headers say otherwise."""
        return post(self.gateway.address.removesuffix("/api") + path, body, {"x-api-key": KEY, **headers})


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """Return the body's object."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


def post(url: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> Reply:
    """Send one request on a connection of its own."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)
    try:
        connection.request(method, at.path + (f"?{at.query}" if at.query else ""), body, dict(headers))
        response = connection.getresponse()
        content = response.read()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
    finally:
        connection.close()


@contextmanager
def plane(home: Path) -> Iterator[Plane]:
    """A data plane in `home`, with a key for its API; everything has ended afterwards."""
    supervisor = Supervisor(home)
    supervisor.up()
    try:
        gateway = Gateway(home, supervisor)
        gateway.ensure()
        gateway.add_key(hashlib.sha256(KEY.encode()).hexdigest(), "tests")
        functions = Functions(home, supervisor, gateway)
        endpoints = Endpoints(home, supervisor, gateway, NoImages(), NoStore())
        yield Plane(home, supervisor, gateway, functions, endpoints)
    finally:
        supervisor.down()
