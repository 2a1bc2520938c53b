"""HTTP to a control plane, and its problem documents as the errors that they were."""

import http.client
import json
import ssl
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json
from shipway.ports.document import document, read

T = TypeVar("T")
SECONDS = 120
PREFIX = "/api/v1"
PIECE = 1 << 16  # bytes
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Unreachable(ShipwayError):
    """Nobody answers at the address."""

    message = "the control plane at {url} does not answer: {problem}"
    hint = "is it up there (shipway up), and is the address right?"
    exit_code = 4
    status = 503


class AddressInvalid(ShipwayError):
    """No address of a control plane."""

    message = "{url!r} is no address of a control plane: {problem}"
    hint = "write https://NAME, or http://127.0.0.1:PORT for one on this machine"
    exit_code = 2
    status = 400


class OnlyThere(ShipwayError):
    """What starts or stops the control plane cannot go through it."""

    message = "a control plane cannot be {done} from elsewhere"
    hint = "do it on its own machine: shipway {verb}"
    exit_code = 2
    status = 400


class RemoteRefused(ShipwayError):
    """An error of the other side that this version of Shipway does not know by name."""

    message = "{detail}"
    hint = "{next}"

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(detail=problem.get("detail", "refused"), next=problem.get("hint", ""))
        vars(self)["exit_code"] = int(problem.get("exit_code", 1))  # of the other side's error, not of a class


@dataclass(frozen=True, slots=True)
class Client:
    """Requests to one control plane. url: "https://name"; token: of the API, "" on a loopback without login."""

    url: str
    token: str = ""

    def get(self, kind: type[T], path: str, **query: object) -> T:
        """Return what is at an address, read as a type. Raises what the other side raised."""
        return read(kind, self._json("GET", path, query, None))

    def send(self, kind: type[T], method: str, path: str, body: object = None, **query: object) -> T:
        """Change something and return the answer, read as a type."""
        return read(kind, self._json(method, path, query, body))

    def upload(self, kind: type[T], method: str, path: str, source: Path | bytes, **query: object) -> T:
        """Send bytes as they are and return the answer, read as a type."""
        if isinstance(source, bytes):
            return read(kind, json.loads(self._bytes(method, path, query, source)))
        with source.open("rb") as file:
            return read(kind, json.loads(self._bytes(method, path, query, file)))

    def download(self, path: str, file: Path, **query: object) -> Mapping[str, str]:
        """Write what is at an address into a file; return the answer's headers, their names in lower case."""
        connection = self._connection()
        try:
            response = self._answer(connection, "GET", _address(path, query), None, {})
            with file.open("wb") as target:
                while piece := self._piece(response):
                    target.write(piece)
            return {name.lower(): value for name, value in response.getheaders()}
        finally:
            connection.close()

    def _piece(self, response: http.client.HTTPResponse) -> bytes:
        """Return more of an answer. Raises Unreachable where it breaks off."""
        try:
            return response.read(PIECE)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(url=self.url, problem=error) from error

    def _json(self, method: str, path: str, query: Mapping[str, object], body: object) -> Json:
        text = json.dumps(document(body)).encode() if body is not None else None
        answer = self._bytes(method, path, query, text, {"content-type": "application/json"} if text else {})
        found: Json = json.loads(answer) if answer else None
        return found

    def _bytes(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: bytes | BinaryIO | None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        connection = self._connection()
        try:
            return self._answer(connection, method, _address(path, query), body, headers or {}).read()
        finally:
            connection.close()

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        address: str,
        body: bytes | BinaryIO | None,
        headers: Mapping[str, str],
    ) -> http.client.HTTPResponse:
        """Return a good answer. Raises Unreachable, and what a problem document says."""
        own = {"authorization": f"Bearer {self.token}"} if self.token else {}
        sent: Any = body
        try:
            connection.request(method, PREFIX + address, sent, {**own, **headers})
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(url=self.url, problem=error) from error
        if response.status >= 400:
            raise error_of(response.status, response.read())
        return response

    def _connection(self) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise AddressInvalid(url=self.url, problem="it needs http or https, a name, and no path")
        if parts.scheme == "http" and self.token and parts.hostname not in LOOPBACK:
            raise AddressInvalid(url=self.url, problem="without https anybody on the way could read the token")
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=SECONDS, context=context)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)


def error_of(status: int, body: bytes) -> ShipwayError:
    """Return the error that a problem document stands for, of the same class where this version has it."""
    try:
        problem = json.loads(body)
        title, facts = problem["title"], problem["facts"]
    except (ValueError, KeyError, TypeError):
        return RemoteRefused({"detail": f"the answer was {status}: {body[:200].decode(errors='replace')}"})
    for kind in _errors(ShipwayError):
        if kind.__name__ == title and "__init__" not in vars(kind):
            try:
                return kind(**facts)
            except (KeyError, TypeError, ValueError):
                break
    return RemoteRefused(problem)


def _errors(kind: type[ShipwayError]) -> Iterable[type[ShipwayError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _errors(each)


def _address(path: str, query: Mapping[str, object]) -> str:
    said = {name: _word(value) for name, value in query.items() if value is not None}
    return f"{path}?{urllib.parse.urlencode(said)}" if said else path


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def quoted(name: str) -> str:
    """Return a name as one piece of an address."""
    return urllib.parse.quote(name, safe="")
