"""The ways to people that a project names."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from shipway.domain.project import Project
from shipway.targets.local.home import Home
from shipway.targets.local.notify.channel import Channel
from shipway.targets.local.notify.mail import Mail
from shipway.targets.local.notify.secret import SMTP_PASSWORD, WEBHOOK_SECRET, read, secret
from shipway.targets.local.notify.service import Service
from shipway.targets.local.notify.webhook import Webhook


def channels(project: Project, home: Home, folder: Path) -> Sequence[Channel]:
    """Return the ways to people, none where the project names none. Raises SecretUnusable.

    folder: where shipway.toml is; files are named relative to it. A password is read when it is needed.
    """
    settings = project.notifications
    password = _secret(home, folder, settings.smtp.password_file, SMTP_PASSWORD)
    signing = _secret(home, folder, settings.webhook_secret_file, WEBHOOK_SECRET)
    found: list[Channel] = []
    if settings.smtp.host:
        found += [Mail(address, settings.smtp, password, folder) for address in settings.mail]
    found += [Webhook(url, signing) for url in settings.webhooks]
    if settings.apprise_file:
        lines = read(folder / Path(settings.apprise_file).expanduser()).splitlines()
        found += [Service(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    return found


def _secret(home: Home, folder: Path, file: str, name: str) -> Callable[[], str]:
    return partial(secret, home, folder, file, name)
