"""Mail to one address, through an SMTP server."""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from shipway.domain.notice import Security, SmtpSettings
from shipway.targets.local.notify.channel import DeliveryFailed, Parcel

SECONDS = 30  # for each answer of the server
PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class Mail:
    """One address. password: asked for at each mail. folder: where shipway.toml is, for the names of files in it."""

    address: str
    settings: SmtpSettings
    password: Callable[[], str]
    folder: Path

    @property
    def name(self) -> str:
        """The address, as the outbox knows it."""
        return f"mail:{self.address}"

    @property
    def label(self) -> str:
        """The address, as people know it."""
        return f"mail to {self.address}"

    def send(self, parcel: Parcel) -> None:
        """Hand the mail to the server; once that has taken it, it is the server's. Raises DeliveryFailed."""
        mail = self._mail(parcel)
        try:
            with self._connect() as server:
                if self.settings.security is Security.STARTTLS:
                    server.starttls(context=self._trust())
                if self.settings.user:
                    server.login(self.settings.user, self.password())
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryFailed(channel=self.label, problem=_words(error, self.settings)) from error

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        port = settings.port or PORTS[settings.security]
        if settings.security is Security.TLS:
            return smtplib.SMTP_SSL(settings.host, port, timeout=SECONDS, context=self._trust())
        return smtplib.SMTP(settings.host, port, timeout=SECONDS)

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.settings.ca_file:
            context.load_verify_locations(self.folder / Path(self.settings.ca_file).expanduser())
        return context

    def _mail(self, parcel: Parcel) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self.settings.sender or f"shipway@{socket.getfqdn()}"
        mail["To"] = self.address
        mail["Subject"] = re.sub(r"\s+", " ", parcel.message.subject)
        mail["Date"] = format_datetime(parcel.created)
        mail["Message-ID"] = f"<{parcel.id}@shipway>"
        mail["Auto-Submitted"] = "auto-generated"  # no absence notes, please (RFC 3834)
        mail.set_content(parcel.message.body or parcel.message.subject)
        return mail


def _words(error: Exception, settings: SmtpSettings) -> str:
    """Return what the server said, or what went wrong before it could say anything, with what to look at."""
    if isinstance(error, ssl.SSLCertVerificationError):
        trusted = f"ca_file {settings.ca_file}" if settings.ca_file else "the system's; ca_file can name others"
        why = error.verify_message or error.reason
        return f"the certificate of {settings.host} is refused: {why} (trusted: {trusted})"
    if isinstance(error, ssl.SSLError) and settings.security is Security.TLS:
        return f'{settings.host} does not begin with TLS: {error.reason} (security = "starttls" begins without it)'
    silent = isinstance(error, TimeoutError) or isinstance(
        error.__context__, TimeoutError
    )  # smtplib wraps its first one
    if silent and settings.security is Security.STARTTLS:
        return f'{settings.host} says nothing for {SECONDS} s (a server that begins with TLS needs security = "tls")'
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return str(error) or type(error).__name__
