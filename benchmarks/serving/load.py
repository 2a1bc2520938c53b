"""Load on one address: wrk where it is installed, else a client of our own. 16 connections, kept alive."""

import http.client
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 16
SCRIPT = """
wrk.method = "POST"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
{headers}
"""
ERRORS = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")


@dataclass(frozen=True, slots=True)
class Question:
    """One request. headers: with its Content-Type."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Running:
    """A contestant that answers. headers: beside the Content-Type."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a while of load gave. failed: answers other than 2xx, broken connections and timeouts."""

    rate: float
    requests: int
    failed: int


def ask(question: Question, seconds: float = 10) -> tuple[int, bytes]:
    """Return status and body of one answer."""
    parts = urlsplit(question.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=seconds)
    try:
        connection.request("POST", parts.path, question.body, dict(question.headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def measure(question: Question, seconds: float) -> Measured:
    """Return the rate of answers over `seconds`, requests a second."""
    wrk = shutil.which("wrk")
    return _with_wrk(wrk, question, seconds) if wrk else _with_threads(question, seconds)


def _with_wrk(wrk: str, question: Question, seconds: float) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        body, script = Path(folder) / "body", Path(folder) / "script.lua"
        body.write_bytes(question.body)
        lines = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in question.headers.items())
        script.write_text(SCRIPT.format(body=body, headers=lines))
        duration = f"{max(1, round(seconds))}s"
        command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{duration}", "--timeout", "10s", "-s", str(script), question.url]
        text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    broken = sum(map(int, found.groups())) if (found := ERRORS.search(text)) else 0
    refused = int(found[1]) if (found := re.search(r"Non-2xx or 3xx responses: (\d+)", text)) else 0
    total = int(found[1]) if (found := re.search(r"(\d+) requests in", text)) else 0
    took = _seconds(text)
    return Measured((total - refused) / took, total, refused + broken)


def _seconds(text: str) -> float:
    found = re.search(r"requests in ([\d.]+)(us|ms|s|m)\b", text)
    if found is None:
        raise ValueError(f"wrk's answer is not understood:\n{text}")
    return float(found[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}[found[2]]


def _with_threads(question: Question, seconds: float) -> Measured:
    end = time.monotonic() + seconds
    good, failed = [0] * CONNECTIONS, [0] * CONNECTIONS
    began = time.monotonic()
    threads = [threading.Thread(target=_client, args=(question, end, good, failed, n)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    return Measured(sum(good) / took, sum(good) + sum(failed), sum(failed))


def _client(question: Question, end: float, good: list[int], failed: list[int], number: int) -> None:
    parts = urlsplit(question.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    while time.monotonic() < end:
        try:
            connection.request("POST", parts.path, question.body, dict(question.headers))
            answer = connection.getresponse()
            answer.read()
            good[number] += answer.status // 100 == 2
            failed[number] += answer.status // 100 != 2
        except (OSError, http.client.HTTPException):
            failed[number] += 1
            connection.close()
    connection.close()
