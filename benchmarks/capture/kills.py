"""The kill proof: processes are killed at random moments under load; what was acknowledged is then looked for."""

import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.capture.rates import Production
from benchmarks.serving.whole import NAME

from shipway.project.decode import decode
from shipway.targets.local.capture import recorders
from shipway.targets.local.capture.captures import LocalCaptures
from shipway.targets.local.capture.finish import Finisher
from shipway.targets.local.home import Home
from shipway.targets.local.store import Store
from shipway.targets.local.supervise import Supervisor

PROJECT = b'name = "flights"\n[capture]\nmax_age = "10s"\nmin_free = "1MiB"\nencrypt = true\n'
CLIENTS = 8
PAUSE = (0.5, 2.0)  # seconds between two kills, drawn evenly
FINISHER = "finisher"
VICTIMS = ("recorder-", "fn-", FINISHER, "recorder-", "ep-", "gateway")


@dataclass
class Client(threading.Thread):
    """Sends requests with ids of their own and keeps those that were answered. Never tries one twice."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    stopping: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """Ask until it is to stop."""
        at = urlsplit(self.url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)
        while not self.stopping.is_set():
            inference = str(uuid.uuid4())
            try:
                connection.request("POST", at.path, self.body, {**self.headers, "x-inference-id": inference})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self.failures.append((time.monotonic(), repr(error)))
                time.sleep(0.05)
                continue
            if answer.status == 200:
                self.acknowledged.append(inference)
            else:
                self.failures.append((time.monotonic(), str(answer.status)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found. killed: victim -> how often. failed: victim that was killed last before -> requests.

    lost: acknowledged ids without a record; repeated: ids with more than one; waiting: records that are in no file in
    the end. halves: lines that were no record.
    """

    killed: Mapping[str, int]
    acknowledged: int
    failed: Mapping[str, int]
    lost: int
    repeated: int
    records: int
    waiting: int
    halves: int
    dropped: int
    files: int

    @property
    def held(self) -> bool:
        """Whether nothing was lost and nothing is there twice."""
        return not self.lost and not self.repeated and not self.waiting


class Finishing:
    """The process that finishes files, started again whenever it was killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "benchmarks.capture.finisher", str(self._folder)]
        self._process = subprocess.Popen(command)

    def kill(self) -> None:
        """Kill it, and start another."""
        self._process.kill()
        self._process.wait()
        self._start()

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def prove(running: Production, folder: Path, question: bytes, kills: int, seed: int) -> Proof:
    """Kill `kills` times: recorders, function hosts, servers, the gateway, the finisher; then look at all."""
    (folder / "shipway.toml").write_bytes(PROJECT)
    project = decode(PROJECT)
    home = Home(folder / ".shipway")
    supervisor = Supervisor(home.root)
    recorders.ensure(home.root, supervisor, running.gateway, project)
    running.gateway.capture({NAME: 100})
    captures = LocalCaptures(home, Store(home.store), dict)
    stopping = threading.Event()
    headers = {**running.public.headers, "content-type": "text/csv"}
    clients = [Client(running.public.url, headers, question, stopping) for _ in range(CLIENTS)]
    finishing = Finishing(folder)
    try:
        for client in clients:
            client.start()
        struck = _strike(supervisor, finishing, kills, random.Random(seed))
        time.sleep(3)
        stopping.set()
        for client in clients:
            client.join(60)
    finally:
        finishing.stop()
    supervisor.down()
    Finisher(home, Store(home.store), lambda: project).tick(datetime.now(UTC) + timedelta(days=1))
    end = datetime.now(UTC) + timedelta(days=1)
    found = [record.inference for _, record in captures.records(end - timedelta(days=3), end)]
    times = Counter(each for each in found if each)
    acknowledged = {each for client in clients for each in client.acknowledged}
    return Proof(
        killed=dict(Counter(victim for _, victim in struck)),
        acknowledged=len(acknowledged),
        failed=dict(_blamed(struck, [each for client in clients for each in client.failures])),
        lost=len(acknowledged - set(times)),
        repeated=sum(count > 1 for count in times.values()),
        records=len(found),
        waiting=sum(each.waiting for each in captures.counts()),
        halves=sum(each.malformed for each in captures.files()),
        dropped=sum(each.dropped for each in captures.counts()),
        files=sum(each.files for each in captures.counts()),
    )


def _strike(supervisor: Supervisor, finishing: Finishing, kills: int, chance: random.Random) -> list[tuple[float, str]]:
    """Kill one after the other at random moments; return when and whom."""
    struck = []
    for number in range(kills):
        time.sleep(chance.uniform(*PAUSE))
        kind = VICTIMS[number % len(VICTIMS)]
        if kind == FINISHER:
            finishing.kill()
        else:
            names = [name for name in supervisor.states() if name.startswith(kind)]
            pid = supervisor.pid(chance.choice(names))
            if pid:
                os.kill(pid, signal.SIGKILL)
        struck.append((time.monotonic(), kind.rstrip("-")))
    return struck


def _blamed(struck: list[tuple[float, str]], failures: list[tuple[float, str]]) -> Mapping[str, int]:
    """Return victim -> failed requests, each blamed on the newest kill before it."""
    return Counter(
        next((victim for at, victim in reversed(struck) if at <= failed), "nobody") for failed, _ in failures
    )
