"""Talking to supervisord over its private socket."""

import http.client
import socket
import xmlrpc.client
from pathlib import Path


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

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


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__()
        self._path = path
        self._seconds = seconds

        self._open: _Connection | None = None

    def make_connection(self, host: object) -> http.client.HTTPConnection:
        """Return a fresh connection: supervisord is asked rarely."""
        del host
        self._open = _Connection(self._path, self._seconds)
        return self._open

    def close(self) -> None:
        """Close the connection of the last call."""
        if self._open is not None:
            self._open.close()


def proxy(path: Path, seconds: float) -> xmlrpc.client.ServerProxy:
    """Return supervisord's methods; a call raises OSError when nobody answers within `seconds`, Fault when refused."""
    return xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=_Transport(path, seconds))
