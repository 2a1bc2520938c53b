"""The example projects' programs as real processes: environments from their locks, an /opt/ml of their own."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shipway.targets.local.images.environment import ensure_environment
from waiting import until

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / ".tools" / "envs"
PROJECTS = {name: ROOT / "examples" / name for name in ("flights", "digits")} | {
    "template": ROOT / "src" / "shipway" / "project" / "template"
}


def environment(*locks: Path) -> Path:
    """Return the virtual environment of these locks; made once for this clone."""
    return ensure_environment("tests", ENVIRONMENTS, locks, print)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Container:
    """One project's container: its programs, and the folder that stands for /opt/ml."""

    project: Path
    base: Path
    environment: Path

    @property
    def code(self) -> Path:
        """The programs."""
        return self.project / "container" / "code"

    @property
    def user_data(self) -> Path:
        """What the model brings to the shared volume."""
        return self.base / "model" / "user-data"

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a program, as the image and the platform set it."""
        path = f"{self.environment / 'bin'}:{self.code}:{os.environ['PATH']}:/usr/sbin"
        own = {"PATH": path, "SAGEMAKER_BASE_DIR": str(self.base), "PYTHONDONTWRITEBYTECODE": "1"}
        own["OMP_WAIT_POLICY"] = "PASSIVE"
        return {**os.environ, **own, **(more or {})}

    def run(self, program: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of the image's programs to its end."""
        command = [str(self.code / program)]
        return subprocess.run(
            command, env=self.variables(more), capture_output=True, text=True, timeout=100, check=False
        )

    def prepare(self, more: Mapping[str, str] | None = None) -> None:
        """Run the processing job that prepares the data, and hand its outputs on as the platform does."""
        assert_success(self.run("prepare_data.py", more))
        output = self.base / "processing" / "output"
        for name in ("train", "validation"):
            shutil.copytree(output / name, self.base / "input" / "data" / name, dirs_exist_ok=True)
        shutil.copytree(output / "test", self.base / "processing" / "input" / "test", dirs_exist_ok=True)

    def train(self, **hyperparameters: object) -> subprocess.CompletedProcess[str]:
        """Run the training job with these hyperparameters."""
        config = self.base / "input" / "config"
        config.mkdir(parents=True, exist_ok=True)
        texts = {name: str(value) for name, value in hyperparameters.items()}
        (config / "hyperparameters.json").write_text(json.dumps(texts))
        return self.run("train")

    def evaluate(self) -> dict[str, Any]:
        """Run the evaluation job on the trained model; return its document."""
        archive = self.base / "processing" / "input" / "model" / "model.tar.gz"
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(self.base / "model", arcname=".")
        assert_success(self.run("evaluate.py"))
        path = self.base / "processing" / "output" / "evaluation" / "evaluation.json"
        document: dict[str, Any] = json.loads(path.read_text())
        return document


def assert_success(done: subprocess.CompletedProcess[str]) -> None:
    """Fail with the program's own words unless it ended well."""
    assert done.returncode == 0, f"{done.args} exited with {done.returncode}:\n{done.stdout}\n{done.stderr}"


@dataclass
class Server:
    """A running `serve`."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> "Answer":
        """Return the answer to one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def predict(self, body: bytes | str, kind: str = "text/csv", accept: str = "") -> "Answer":
        """Return the answer to one invocation."""
        content = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": kind} | ({"Accept": accept} if accept else {})
        return self.request("POST", "/invocations", content, headers)

    def ready(self) -> bool:
        """Return whether /ping says 200."""
        assert self.process.poll() is None, f"serve ended:\n{self.log.read_text()}"
        try:
            return self.request("GET", "/ping").status == 200
        except OSError:
            return False

    def workers(self) -> set[str]:
        """Return the pids of the workers that answered a few pings."""
        return {self.request("GET", "/ping").headers["x-worker"] for _ in range(20)}

    def children(self) -> list[int]:
        """Return the pids of the servers that `serve` started."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; header names in small letters."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@contextmanager
def serving(container: Container, log: Path, more: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A `serve` that is ready, ended afterwards. Its own session: what it leaves behind can be found and ended."""
    with started(container, log, more) as server:
        until(server.ready, seconds=30, what="/ping to say 200")
        yield server


@contextmanager
def started(container: Container, log: Path, more: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A `serve` that was just started, ended afterwards."""
    port = free_port()
    variables = container.variables({"SAGEMAKER_BIND_TO_PORT": str(port), **(more or {})})
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(container.code / "serve")], env=variables, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield Server(process, port, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def lines(*rows: Sequence[object]) -> str:
    """Return rows as CSV without quotes."""
    return "\n".join(",".join(map(str, row)) for row in rows)
