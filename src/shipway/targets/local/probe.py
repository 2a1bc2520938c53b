"""Asking a local server whether it is up: one GET on a new connection."""

import http.client
import socket
from pathlib import Path


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Open the socket by its path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.sock.close()
            raise


def get(at: int | Path, path: str, headers: dict[str, str], seconds: float = 2) -> tuple[int, dict[str, str]]:
    """Return status and headers (lower-case names) of a GET; status 0 when nobody answers in time.

    at: a loopback port or the path of a Unix socket.
    """
    if isinstance(at, int):
        connection = http.client.HTTPConnection("127.0.0.1", at, timeout=seconds)
    else:
        connection = _UnixConnection(at, seconds)
    try:
        connection.request("GET", path, headers={"connection": "close", **headers})
        response = connection.getresponse()
        response.read()
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    except (OSError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()
