"""A real SMTP server and a real web server of this machine that keep what they are sent."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "correct horse"


@dataclass
class Mailbox:
    """What a server has taken. refuse: what it says instead, "" takes all. after: called when it has taken one.

    login: whether it takes mail only from who has logged in.
    """

    port: int = 0
    ca_file: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    refuse: str = ""
    login: bool = False
    after: Callable[[], None] = lambda: None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        if self.login and not session.authenticated:
            return "530 5.7.0 log in first"
        if self.refuse:
            return self.refuse
        mail = message_from_bytes(cast("bytes", envelope.content), policy=policy.default)
        self.mails.append(cast("EmailMessage", mail))
        self.after()
        return "250 taken"


@contextmanager
def mailbox(folder: Path | None = None, *, implicit: bool = False, host: str = "127.0.0.1") -> Iterator[Mailbox]:
    """A server without encryption, or with TLS and a login (`ada`, PASSWORD) when there is a folder for its CA.

    implicit: TLS begins with the connection, as on port 465; else by STARTTLS. host: whom its certificate names.
    """
    box, options = Mailbox(port=_free_port()), dict[str, Any]()
    if folder is not None:
        authority = trustme.CA()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(host).configure_cert(context)
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        box.ca_file = str(folder / "ca.pem")
        box.login = True
        options = {"authenticator": _login}
        if implicit:  # the server looks for a STARTTLS that there was not, unless told otherwise
            options |= {"ssl_context": context, "auth_require_tls": False}
        else:
            options |= {"tls_context": context, "require_starttls": True}
    server = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    server.start()
    try:
        yield box
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"ada", PASSWORD.encode()), handled=False)


@dataclass
class Hook:
    """What a web server was POSTed. status: what it answers."""

    url: str = ""
    status: int = 200
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def hook() -> Iterator[Hook]:
    """A web server that keeps every POST."""
    kept = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        kept.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/secret-token"
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
