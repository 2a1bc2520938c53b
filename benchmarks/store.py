"""The object store beside moto's server, both through plain boto3: milliseconds and ratios.

Run: python benchmarks/store.py [--json FILE] [--rounds N]. The peer gets an environment of its own, made by uv in the
user's cache folder the first time. The two are measured turn by turn, so that a busy moment hits both.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

PEER = "moto[server]==5.2.5"
SMALL, LARGE = 2 * 1024, 32 * 1024 * 1024
COUNTS = {SMALL: 50, LARGE: 1}  # operations a round
OWN = """
import sys, uvicorn
from pathlib import Path
from shipway.awsapi.s3 import s3_app
from shipway.targets.local.store import Store
app = s3_app(Store(Path(sys.argv[1])), {"bench": "bench"}.get)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", lifespan="off", ws="none")
"""


def peer_environment() -> Path:
    """Return the python of the peer's environment, making it when it is not there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "shipway" / "benchmarks" / "store-peer"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), PEER], check=True)
        (folder / "ready").touch()
    return python


def listening(port: int) -> bool:
    """Tell whether something answers on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def server(command: Callable[[int], list[str]]) -> Iterator[Any]:
    """Yield a boto3 client of a server process; command: port -> argv."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not listening(port) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",  # noqa: S106
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
    finally:
        process.terminate()
        process.wait(10)


def measure(client: Any, size: int, turn: int) -> dict[str, float]:
    """Return milliseconds per put and per get of one round."""
    bodies = [os.urandom(size) for _ in range(COUNTS[size])]
    start = time.perf_counter()
    for number, body in enumerate(bodies):
        client.put_object(Bucket="bench", Key=f"{size}/{turn}/{number}", Body=body)
    middle = time.perf_counter()
    for number, body in enumerate(bodies):
        assert client.get_object(Bucket="bench", Key=f"{size}/{turn}/{number}")["Body"].read() == body
    end = time.perf_counter()
    return {"put": 1000 * (middle - start) / len(bodies), "get": 1000 * (end - middle) / len(bodies)}


def compare(clients: dict[str, Any], rounds: int) -> list[dict[str, Any]]:
    """Return one row for each size and operation: medians in ms, and how many times faster the own store is."""
    rows = []
    for size in COUNTS:
        seen: dict[str, list[dict[str, float]]] = {name: [] for name in clients}
        for turn in range(rounds + 1):
            for name, client in clients.items():
                found = measure(client, size, turn)
                if turn:  # the first round warms up
                    seen[name].append(found)
        for operation in ("put", "get"):
            medians = {name: statistics.median(turn[operation] for turn in turns) for name, turns in seen.items()}
            rows.append({"bytes": size, "operation": operation, **medians, "ratio": medians["moto"] / medians["own"]})
    return rows


def main() -> None:
    """Measure, print the table, and write it as JSON when asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    python = peer_environment()
    with (
        tempfile.TemporaryDirectory() as folder,
        server(lambda port: [sys.executable, "-c", OWN, folder, str(port)]) as own,
        server(lambda port: [str(python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]) as moto,
    ):
        clients = {"own": own, "moto": moto}
        for client in clients.values():
            client.create_bucket(Bucket="bench")
        rows = compare(clients, arguments.rounds)
    print(
        f"{'bytes':>10} {'':4} {'own ms':>9} {'moto ms':>9} {'moto/own':>9}   (own: durable, signed; moto: in memory)"
    )
    for row in rows:
        print(f"{row['bytes']:>10} {row['operation']:4} {row['own']:9.2f} {row['moto']:9.2f} {row['ratio']:9.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"peer": PEER, "rounds": arguments.rounds, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
