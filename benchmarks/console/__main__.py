"""What the console costs: the weight of each page, and the control plane's processor time with ten open tabs.

Usage: ./dev bench console [--tabs N] [--seconds S]     (./dev e2e has the time to the first paint, in a browser)
"""

import argparse
import contextlib
import gzip
import http.client
import os
import re
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import tiny  # noqa: E402  found by the line above
from shipway.targets.local.target import LocalTarget  # noqa: E402
from shipway.targets.local.wiring import Machine  # noqa: E402

PAGES = (
    "/",
    "/executions",
    "/approvals",
    "/deployments",
    "/releases",
    "/experiments",
    "/data",
    "/jobs",
    "/audit",
    "/settings",
)
TICKS = os.sysconf("SC_CLK_TCK")
SETTLE = 12  # seconds; what has just been opened is looked at more often


def main() -> None:
    """Measure on a control plane of its own, and print."""
    parser = argparse.ArgumentParser(prog="./dev bench console")
    parser.add_argument("--tabs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as folder:
        target = LocalTarget(Machine(tiny.write(Path(folder) / "tiny")))
        try:
            url = target.up().control
            target.put(str(Path(folder) / "tiny" / "data"), "")
            weights(url)
            tabs(url, options.tabs, options.seconds)
        finally:
            target.down()


def weights(url: str) -> None:
    """Print what a browser that has nothing yet loads for each page, compressed as it comes."""
    print("page                files     kB   limit 500 kB")
    for page in PAGES:
        text = fetch(url, f"/console{page}")
        files = re.findall(r'(?:src|href)="(/console/static/[^"]+)"', text.decode())
        total = len(text) + sum(len(fetch(url, each, unpack=False)) for each in set(files))
        print(f"{page:<18} {len(set(files)) + 1:>6} {total / 1000:>6.0f}")


def fetch(url: str, path: str, *, unpack: bool = True) -> bytes:
    """Return a body as it came over the wire, or unpacked."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path, headers={"accept-encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return gzip.decompress(body) if unpack and answer.getheader("content-encoding") == "gzip" else body


def tabs(url: str, count: int, seconds: float) -> None:
    """Print the control plane's share of a core while nobody looks, and while `count` tabs look at ten pages."""
    pid = control_plane(url)
    alone = busy(pid, seconds)
    done = threading.Event()
    with contextlib.ExitStack() as open_tabs:
        for at in range(count):
            address = f"{url.replace('http', 'ws')}/console/live?page={quote('/console' + PAGES[at % len(PAGES)])}"
            socket = open_tabs.enter_context(connect(address, proxy=None))
            assert "<h1>" in socket.recv(10)
            threading.Thread(target=read, args=(socket, done), daemon=True).start()
        time.sleep(SETTLE)
        looked = busy(pid, seconds)
        done.set()
    print(f"\ncontrol plane: {alone:.2f} % of a core alone, {looked:.2f} % with {count} tabs on different pages")
    print(f"the tabs cost {looked - alone:.2f} % of a core, limit 2 %")


def read(socket: ClientConnection, done: threading.Event) -> None:
    """Take what comes, as a tab does."""
    while not done.is_set():
        try:
            socket.recv(1)
        except TimeoutError:
            continue
        except ConnectionClosed:
            return


def control_plane(url: str) -> int:
    """Return the process that listens at an address."""
    port = urlsplit(url).port
    wanted = f":{port:04X} "
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if wanted in f"{line} "]
    inode = next(line[9] for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "0A")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(each) == f"socket:[{inode}]" for each in (process / "fd").iterdir()):  # noqa: PTH115
                return int(process.name)
        except OSError:
            continue
    raise SystemExit(f"nothing listens at {url}")


def busy(pid: int, seconds: float) -> float:
    """Return the share of one core that a process takes over some seconds, in percent."""
    before, begun = used(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (used(pid) - before) / TICKS / (time.monotonic() - begun)


def used(pid: int) -> int:
    """Return the processor time of a process, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    main()
