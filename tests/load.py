"""A steady load on one address: keep-alive clients that never try twice and count every failure."""

import http.client
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

from waiting import until


@dataclass
class Load:
    """Clients that send one request after the other, each over its own connection, until the block ends.

    answered: how many requests had status 200. failures: what went wrong with each other one.
    versions: header `x-shipway-release` -> answers. longest: seconds that the slowest answer took.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes = b"1,2,3"
    clients: int = 6
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> "Load":
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def more(self, count: int, seconds: float = 30) -> None:
        """Return when so many further requests have been answered."""
        goal = self.answered + count
        until(lambda: self.answered >= goal or self.failures, seconds, f"{count} more answers")

    def _client(self) -> None:
        at = urlsplit(self.url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=45)
        while not self._stop.is_set():
            try:
                connection.request("POST", at.path, self.body, dict(self.headers))
                response = connection.getresponse()
                body = response.read()
                said = "" if response.status == 200 else f"{response.status} {body[:200]!r}"
                version = response.headers.get("x-shipway-release", "")
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                said, version = repr(error), ""
            with self._lock:
                if said:
                    self.failures.append(said)
                else:
                    self.answered += 1
                    self.versions[version] += 1
        connection.close()
