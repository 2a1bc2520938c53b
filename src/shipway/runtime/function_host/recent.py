"""Recent real requests with their answers, kept for the replay that the next version has to pass."""

import base64
import contextlib
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from shipway.domain.function import HttpAnswer, HttpRequest
from shipway.domain.traffic import CLIENT

LARGEST = 64 * 1024  # bytes of request and answer together; larger ones are not kept
EVERY = 0.2  # seconds between two that one process keeps, so that many requests do not pay for it
KEPT_HEADERS = ("content-type", "accept")  # no other may matter to an answer, and keys must not be written down


class Recent:
    """The last requests of one function: a folder with one file each, shared by all its processes.

    count: how many are kept at most, >= 1.
    """

    def __init__(self, folder: Path, count: int, version: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._count = count
        self._version = version
        self._clock = clock
        self._next = 0.0
        self._lock = threading.Lock()

    def keep(self, request: HttpRequest, answer: HttpAnswer) -> None:
        """Keep a request of a caller, unless one was kept a moment ago. Never raises; a full disk keeps nothing."""
        headers = {name.lower(): value for name, value in request.headers}
        if CLIENT not in headers or len(request.body) + len(answer.body) > LARGEST or not self._turn():
            return
        document = {
            "version": self._version,
            "target": request.target,
            **{name: headers.get(name, "") for name in KEPT_HEADERS},
            "body": base64.b64encode(request.body).decode(),
            "status": answer.status,
            "answer-type": next((value for name, value in answer.headers if name.lower() == "content-type"), ""),
            "answer": base64.b64encode(answer.body).decode(),
        }
        with contextlib.suppress(OSError):
            self._write(json.dumps(document))
            self._forget()

    def _turn(self) -> bool:
        with self._lock:
            now = self._clock()
            if now < self._next:
                return False
            self._next = now + EVERY
            return True

    def _write(self, text: str) -> None:
        name = f"{time.time_ns():020d}-{os.getpid()}"
        fresh = self._folder / f".{name}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            fresh.rename(self._folder / f"{name}.json")
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    def _forget(self) -> None:
        """Remove the oldest beyond those that are kept; another process may be at it too."""
        names = sorted(name for name in os.listdir(self._folder) if name.endswith(".json"))  # noqa: PTH208 - fast
        for name in names[: -self._count]:
            (self._folder / name).unlink(missing_ok=True)
