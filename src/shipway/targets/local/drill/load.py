"""The drill's callers: a steady load on one address. Nothing is tried twice, and what each caller saw is kept."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

from shipway.domain.drill import RIGHT
from shipway.targets.local.waiting import wait_until

CLIENTS = 8
SLOPE, INTERCEPT = 2.0, 1.0  # of the line that the live model is
HOPELESS = b"-1\n"  # no model of the drill answers it
NONSENSE = b"no number\n"
TIMEOUT = 20  # seconds until a caller gives up
VERSION = "x-shipway-release"


@dataclass(frozen=True, slots=True)
class Answer:
    """One request. began: seconds of the monotonic clock. version: the release that answered, "" when none did.

    said: "" for a good answer, else what the caller saw. own: whether that is what the request itself had to bring.
    """

    began: float
    version: str
    said: str
    own: bool


@dataclass(frozen=True, slots=True)
class Mix:
    """What is sent beside good rows. hopeless, nonsense: shares of the requests, 0..1."""

    hopeless: float = 0.0
    nonsense: float = 0.0


class Load:
    """Callers that send `rate` requests a second together, each over a connection of its own, until the block ends."""

    def __init__(self, url: str, headers: Mapping[str, str], rate: float) -> None:
        self._at = urlsplit(url)
        self._headers = dict(headers)
        self._pause = CLIENTS / rate
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._answers: list[Answer] = []
        self._threads = [threading.Thread(target=self._client, args=(at,), daemon=True) for at in range(CLIENTS)]
        self.mix = Mix()

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 5)

    def since(self, moment: float) -> list[Answer]:
        """Return the answers to requests that began after a moment of the monotonic clock."""
        with self._lock:
            return [each for each in self._answers if each.began >= moment]

    def more(self, count: int, seconds: float = 10) -> bool:
        """Return whether so many further requests were answered in time."""
        goal = len(self._answers) + count
        return wait_until(lambda: len(self._answers) >= goal, seconds)

    def _client(self, number: int) -> None:
        connection = http.client.HTTPConnection(self._at.hostname or "", self._at.port, timeout=TIMEOUT)
        chance = random.Random(number)  # noqa: S311  the same rows at every drill
        due = time.monotonic() + self._pause * number / CLIENTS
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            answer = self._ask(connection, chance)
            with self._lock:
                self._answers.append(answer)
            due = max(due + self._pause, time.monotonic())
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, chance: random.Random) -> Answer:
        """Send one request and return what came of it."""
        mix, drawn, row = self.mix, chance.random(), chance.random()
        hopeless, nonsense = drawn < mix.hopeless, mix.hopeless <= drawn < mix.hopeless + mix.nonsense
        body = HOPELESS if hopeless else NONSENSE if nonsense else f"{row:.6f}\n".encode()
        began = time.monotonic()
        try:
            connection.request("POST", self._at.path, body, self._headers)
            response = connection.getresponse()
            text, version = response.read(), response.headers.get(VERSION, "")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return Answer(began, "", _named(error), own=False)
        if response.status != 200:
            own = (hopeless and response.status == 502) or (nonsense and response.status == 400)
            return Answer(began, version, str(response.status), own=own)
        return Answer(began, version, _wrong(text, row), own=False)


def lost(answers: Sequence[Answer]) -> Counter[str]:
    """Return what callers saw instead of a good answer, what the request itself had to bring left out."""
    return Counter(each.said for each in answers if each.said and not each.own)


def _named(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else f"no answer ({type(error).__name__})"


def _wrong(text: bytes, row: float) -> str:
    """Return "" for the answer that the live model gives, or one that is close to it."""
    try:
        prediction = float(json.loads(text)["predictions"][0])
    except (ValueError, TypeError, LookupError):
        return "another form"
    return "" if abs(prediction - (SLOPE * row + INTERCEPT)) <= RIGHT else "wrong answer"
