"""Who is compared: how each is started, and how each wants to be asked."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.serving.load import Question, Running, ask
from benchmarks.serving.model import CODE, HERE, Model, environment
from benchmarks.serving.whole import whole_path

JSON = "application/json"
CSV = "text/csv"
CELLS = ("JSON 1 row", "JSON 100 rows", "CSV 1 row")
COUNTS = {"JSON 1 row": 1, "JSON 100 rows": 100, "CSV 1 row": 1}
READY_SECONDS = 120
PEERS = HERE / "peers"

FOLLOWED = "followed stack"
SHIPPED = "shipped endpoint"
FASTER = "shipped endpoint, granian"
PLAIN_MODEL = "shipped endpoint, scikit-learn's own predict"
WHOLE = "whole path"
WHOLE_FASTER = "whole path, granian"
BENTOML, MLFLOW, LITSERVE = "BentoML", "MLflow", "LitServe"


Body = Callable[[Model, str], tuple[str, bytes] | None]


@dataclass(frozen=True)
class Contestant:
    """One way to serve the model. start: a context manager; body: kind and bytes for a cell, None if it has no such."""

    name: str
    start: Callable[[Model, Path], Any]
    body: Body

    def question(self, running: Running, model: Model, cell: str) -> Question | None:
        """Return the request of a cell."""
        asked = self.body(model, cell)
        return asked and Question(running.url, asked[1], {"Content-Type": asked[0], **running.headers})


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def processes(commands: Sequence[Sequence[str]], variables: Mapping[str, str], log: Path, cwd: Path) -> Iterator[None]:
    """Run commands side by side; all that they started is ended afterwards."""
    started: list[subprocess.Popen[bytes]] = []
    with log.open("ab") as output:
        try:
            for command in commands:
                process = subprocess.Popen(
                    command, env=dict(variables), cwd=cwd, stdout=output, stderr=output, start_new_session=True
                )
                started.append(process)
            yield
        finally:
            for process in started:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(15)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def predictions(body: bytes) -> list[float]:
    """Return the probabilities of an answer in either form."""
    text = body.decode()
    found = json.loads(text)["predictions"] if text.lstrip().startswith("{") else text.split()
    return [float(value) for value in found]


def await_right_answers(contestant: Contestant, running: Running, model: Model, expected: Sequence[float]) -> None:
    """Return when each cell is answered with the model's own predictions; raises RuntimeError after a while."""
    deadline = time.monotonic() + READY_SECONDS
    for cell in CELLS:
        question = contestant.question(running, model, cell)
        seen = "nothing"
        while question is not None:
            try:
                status, body = ask(question)
                seen = f"{status} {body[:300]!r}"
                if status == 200 and _same(predictions(body), expected[: COUNTS[cell]]):
                    break
            except OSError as problem:
                seen = repr(problem)
            if time.monotonic() > deadline:
                raise RuntimeError(f"{contestant.name}, {cell}: no right answer in {READY_SECONDS} s, last: {seen}")
            time.sleep(0.1)


def _same(found: Sequence[float], expected: Sequence[float]) -> bool:
    return len(found) == len(expected) and all(abs(a - b) < 1e-9 for a, b in zip(found, expected, strict=True))


def instances(model: Model, cell: str) -> tuple[str, bytes]:
    """Return a body as SageMaker's containers take it."""
    if cell.startswith("CSV"):
        return CSV, model.csv(COUNTS[cell]).encode()
    return JSON, json.dumps({"instances": model.values(COUNTS[cell])}).encode()


def _json_only(model: Model, cell: str) -> tuple[str, bytes] | None:
    return None if cell.startswith("CSV") else instances(model, cell)


def _mlflow_body(model: Model, cell: str) -> tuple[str, bytes]:
    if cell.startswith("CSV"):
        return CSV, (",".join(model.names) + "\n" + model.csv(1)).encode()
    split = {"columns": model.names, "data": model.values(COUNTS[cell])}
    return JSON, json.dumps({"dataframe_split": split}).encode()


def _peer(lock: str, model: Model) -> tuple[Path, dict[str, str]]:
    """Return a peer's environment and variables."""
    folder = environment(PEERS / f"{lock}.lock")
    path = f"{folder / 'bin'}:{os.environ['PATH']}:/usr/sbin"
    return folder / "bin", {**model.variables, "PATH": path}


@contextmanager
def _followed(model: Model, folder: Path) -> Iterator[Running]:
    tools, variables = _peer("followed", model)
    port = free_port()
    text = (PEERS / "followed_nginx.conf").read_text()
    user = "user root;" if os.geteuid() == 0 else ""
    for name, value in (("FOLDER", str(folder)), ("PORT", str(port)), ("USER", user)):
        text = text.replace(f"@{name}@", value)
    (folder / "nginx.conf").write_text(text)
    workers = str(len(os.sched_getaffinity(0)))
    bind = f"unix:{folder}/gunicorn.sock"
    server = [str(tools / "gunicorn"), "-k", "sync", "-w", workers, "--timeout", "60", "-b", bind, "followed_stack:app"]
    front = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with processes([server, front], variables, folder / "log", PEERS):
        yield Running(f"http://127.0.0.1:{port}/invocations")


def _shipped(server: str, predictor: Path | None = None) -> Callable[[Model, Path], Any]:
    @contextmanager
    def start(model: Model, folder: Path) -> Iterator[Running]:
        code = folder / "code"
        shutil.copytree(CODE, code)
        if predictor is not None:
            shutil.copyfile(predictor, code / "predictor.py")
        port = free_port()
        variables = {**model.variables, "SAGEMAKER_BIND_TO_PORT": str(port), "SHIPWAY_SERVER": server}
        with processes([[str(code / "serve")]], variables, folder / "log", folder):
            yield Running(f"http://127.0.0.1:{port}/invocations")

    return start


@contextmanager
def _bentoml(model: Model, folder: Path) -> Iterator[Running]:
    tools, variables = _peer("bentoml", model)
    port = str(free_port())
    own = {**variables, "BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "True"}
    target = ["bentoml_service:Flights", "--working-dir", str(PEERS)]
    command = [str(tools / "bentoml"), "serve", *target, "--host", "127.0.0.1", "--port", port]
    with processes([command], own, folder / "log", PEERS):
        yield Running(f"http://127.0.0.1:{port}/invocations")


@contextmanager
def _litserve(model: Model, folder: Path) -> Iterator[Running]:
    tools, variables = _peer("litserve", model)
    port = str(free_port())
    command = [str(tools / "python"), str(PEERS / "litserve_server.py"), port]
    with processes([command], variables, folder / "log", folder):
        yield Running(f"http://127.0.0.1:{port}/invocations")


@contextmanager
def _mlflow(model: Model, folder: Path) -> Iterator[Running]:
    tools, variables = _peer("mlflow", model)
    saved = folder / "model"
    make = [str(tools / "python"), str(PEERS / "mlflow_model.py"), str(saved)]
    with (folder / "log").open("wb") as log:
        subprocess.run(make, env=variables, cwd=folder, check=True, timeout=300, stdout=log, stderr=log)
    port = str(free_port())
    workers = str(len(os.sched_getaffinity(0)))
    flags = ["--env-manager", "local", "--host", "127.0.0.1", "--port", port, "--workers", workers]
    command = [str(tools / "mlflow"), "models", "serve", "--model-uri", str(saved), *flags]
    with processes([command], variables, folder / "log", folder):
        yield Running(f"http://127.0.0.1:{port}/invocations")


def _whole(server: str) -> Callable[[Model, Path], Any]:
    return partial(whole_path, server=server)


def make_environments() -> None:
    """Install every peer, so that the seconds until it is ready are its own."""
    for lock in sorted(PEERS.glob("*.lock")):
        environment(lock)


def contestants() -> list[Contestant]:
    """Return everyone, the one that all are measured against first."""
    return [
        Contestant(FOLLOWED, _followed, instances),
        Contestant(SHIPPED, _shipped("nginx"), instances),
        Contestant(FASTER, _shipped("granian"), instances),
        Contestant(PLAIN_MODEL, _shipped("nginx", PEERS / "sklearn_predictor.py"), instances),
        Contestant(WHOLE, _whole("nginx"), instances),
        Contestant(WHOLE_FASTER, _whole("granian"), instances),
        Contestant(LITSERVE, _litserve, _json_only),
        Contestant(BENTOML, _bentoml, _json_only),
        Contestant(MLFLOW, _mlflow, _mlflow_body),
    ]


def expected(model: Model) -> list[float]:
    """Return the predictions that scikit-learn makes for the model's rows, in an environment of its own."""
    program = "import json,sys\nfrom pathlib import Path\nfrom flights_model import FlightsModel\n"
    program += "print(json.dumps(FlightsModel(Path(sys.argv[1])).from_rows(json.load(sys.stdin))))"
    command = [str(model.environment / "bin" / "python"), "-c", program, str(model.peer)]
    text = json.dumps(model.values(len(model.rows)))
    done = subprocess.run(
        command, input=text, env=model.variables, stdout=subprocess.PIPE, stderr=sys.stderr, text=True, check=True
    )
    found: list[float] = json.loads(done.stdout)
    return found
