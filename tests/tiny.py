"""The smallest whole project: real programs without packages, whose behaviour a test decides by hyperparameters."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shipway.targets.local.target import LocalTarget
from shipway.targets.local.wiring import Machine

ENVIRONMENTS = Path(tempfile.gettempdir()) / "shipway-test-envs"  # made once a machine, shared by all test homes

DOCKERFILE = """\
FROM python:3.11-slim
COPY code /opt/program
ENV PATH="/opt/program:${PATH}"
WORKDIR /opt/program
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true
"""

FUNCTION_DOCKERFILE = """\
FROM python:3.11-slim
COPY function /var/task
WORKDIR /var/task
CMD ["handler.handler"]
"""

PREPARE = """\
#!/usr/bin/env python3
from pathlib import Path
base = Path("/opt/ml/processing")
rows = [line for file in sorted((base / "input/data").rglob("*.csv")) for line in file.read_text().splitlines()]
for name in ("train", "validation", "test", "baseline"):
    folder = base / "output" / name
    folder.mkdir(parents=True, exist_ok=True)
    text = "\\n".join(["x", *rows] if name == "baseline" else rows) + "\\n"
    (folder / f"{name}.csv").write_text(text)
print("prepared", len(rows), "rows")
"""

TRAIN = """\
#!/usr/bin/env python3
import json, signal, sys, time
from pathlib import Path
ml = Path("/opt/ml")
asked = json.loads((ml / "input/config/hyperparameters.json").read_text())
print("train begins", flush=True)
behaviour = asked.get("behaviour", "good")
if behaviour == "exit":
    (ml / "output/failure").write_text("the data has no signal")
    sys.exit(1)
if behaviour == "hang":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    time.sleep(600)
if behaviour == "fill":
    with (ml / "model/big").open("wb") as file:
        for _ in range(10_000):
            file.write(b"x" * 1_000_000)
time.sleep(float(asked.get("seconds", "0")))
if behaviour != "no-model":
    rows = (ml / "input/data/train/train.csv").read_text().split()
    model = {"mean": sum(map(float, rows)) / len(rows), "score": float(asked["score"]), "serve": asked.get("serve", "")}
    (ml / "model/model.json").write_text(json.dumps(model))
    (ml / "model/user-data").mkdir()
    (ml / "model/user-data/names.txt").write_text("mean\\n")
print("train ends", flush=True)
"""

EVALUATE = """\
#!/usr/bin/env python3
import json, tarfile
from pathlib import Path
base = Path("/opt/ml/processing")
with tarfile.open(base / "input/model/model.tar.gz") as archive:
    model = json.load(archive.extractfile(archive.getmember("model.json")))
out = base / "output/evaluation"
out.mkdir(parents=True, exist_ok=True)
(out / "evaluation.json").write_text(json.dumps({"metrics": {"score": {"value": model["score"]}}}))
"""

SERVE = """\
#!/usr/bin/env python3
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
model = json.loads(Path("/opt/ml/model/model.json").read_text())
if model["serve"] == "dead":
    sys.exit("the model cannot be loaded")
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200, {})
    def do_POST(self):
        rows = self.rfile.read(int(self.headers["Content-Length"])).decode().split()
        broken = model["serve"] == "broken" and len(rows) == 1  # so that the smoke test, with more rows, passes
        self.answer(500 if broken else 200, {"predictions": [model["mean"]] * len(rows)})
    def log_message(self, *_):
        pass
class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
Server(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""

HANDLER = """\
import http.client, os, urllib.parse
from pathlib import Path
address = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"])
name = Path(os.environ["SHARED_VOLUME"], "names.txt").read_text().strip()
def handler(event, context):
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    try:
        path = f"/endpoints/{os.environ['ENDPOINT_NAME']}/invocations"
        named = {"X-Amzn-SageMaker-Inference-Id": (event.get("requestContext") or {}).get("requestId") or "none"}
        connection.request("POST", path, event["body"] or "", {"Content-Type": "text/csv", **named})
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    status = answer.status if answer.status == 200 else 502
    return {"statusCode": status, "headers": {"content-type": "application/json", "x-name": name}, "body": body}
"""

DEFAULTS: dict[str, Mapping[str, object]] = {
    "training": {"max_run": "60s"},
    "training.hyperparameters": {"score": 0.9},
    "gate": {"metric": "score", "threshold": 0.5},
    "workflow": {"max_attempts": 0},
    "approval": {"timeout": "1h", "warn_before": "10m"},
    "deployment": {"bake": "2s", "percent": 50, "min_requests": 5, "max_error_rate": 0.1},
    "function": {"workers": 1},
    "endpoint.prod": {"workers": 1},
    "triggers.data": {"enabled": False},  # what a test uploads starts nothing by itself
}


def write(folder: Path, **sections: Mapping[str, object]) -> Path:
    """Return a project called `tiny`; sections: changes to shipway.toml, "__" for a dot in a section's name."""
    programs = {"prepare_data.py": PREPARE, "train": TRAIN, "evaluate.py": EVALUATE, "serve": SERVE}
    files = {f"container/code/{name}": text for name, text in programs.items()}
    files |= {
        "container/Dockerfile": DOCKERFILE,
        "container/Dockerfile.function": FUNCTION_DOCKERFILE,
        "function/handler.py": HANDLER,
        "data/rows.csv": "1\n2\n3\n4\n5\n6\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    configure(folder, **sections)
    share_environments(folder)
    return folder


def share_environments(folder: Path) -> None:
    """Let a project's home use the environments that other tests have made."""
    ENVIRONMENTS.mkdir(exist_ok=True)
    (folder / ".shipway").mkdir(exist_ok=True)
    (folder / ".shipway" / "envs").symlink_to(ENVIRONMENTS)


def configure(folder: Path, **sections: Mapping[str, object]) -> None:
    """Write shipway.toml anew."""
    changed = {name.replace("__", "."): values for name, values in sections.items()}
    lines = ['name = "tiny"']
    for name in [*DEFAULTS, *(each for each in changed if each not in DEFAULTS)]:
        values = {**DEFAULTS.get(name, {}), **changed.get(name, {})}
        lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    (folder / "shipway.toml").write_text("\n".join(lines) + "\n")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


@contextmanager
def running(folder: Path) -> Iterator[LocalTarget]:
    """A target of a project that is up and has its data; everything is stopped at the end."""
    target = LocalTarget(Machine(folder))
    try:
        target.up()
        target.put(str(folder / "data"), "")
        yield target
    finally:
        target.down()
