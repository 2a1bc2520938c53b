"""The ways to people that a project names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from shipway.domain.project import Project
from shipway.project.secret import SecretUnusable, read
from shipway.targets.local.home import Home
from shipway.targets.local.notify.channel import Channel, DeliveryFailed, Parcel
from shipway.targets.local.notify.mail import Mail
from shipway.targets.local.notify.secret import SMTP_PASSWORD, WEBHOOK_SECRET, secret
from shipway.targets.local.notify.service import Service
from shipway.targets.local.notify.webhook import Webhook


def channels(project: Project, home: Home, folder: Path) -> Sequence[Channel]:
    """Return the ways to people, none where the project names none.

    folder: where shipway.toml is; files are named relative to it. A secret is read when it is needed.
    """
    settings = project.notifications
    password = _secret(home, folder, settings.smtp.password_file, SMTP_PASSWORD)
    signing = _secret(home, folder, settings.webhook_secret_file, WEBHOOK_SECRET)
    found: list[Channel] = []
    if settings.smtp.host:
        found += [Mail(address, settings.smtp, password, folder) for address in settings.mail]
    found += [Webhook(url, signing) for url in settings.webhooks]
    if settings.apprise_file:
        found += _services(folder / Path(settings.apprise_file).expanduser())
    return found


@dataclass(frozen=True, slots=True)
class Unusable:
    """A way that cannot be used as it is set up: it says so at each try."""

    label: str
    problem: str

    @property
    def name(self) -> str:
        """The same for all of them: another one is known when it is mended."""
        return "unusable"

    def send(self, parcel: Parcel) -> None:  # noqa: ARG002  nobody takes it
        """Raise DeliveryFailed."""
        raise DeliveryFailed(channel=self.label, problem=self.problem)


def _services(path: Path) -> Sequence[Channel]:
    try:
        lines = [line.strip() for line in read(path).splitlines()]
    except SecretUnusable as error:
        return [Unusable(label=f"services of {path.name}", problem=str(error))]
    return [Service(line) for line in lines if line and not line.startswith("#")]


def _secret(home: Home, folder: Path, file: str, name: str) -> Callable[[], str]:
    return partial(secret, home, folder, file, name)
