"""Secrets of the ways to people: in files that their owner alone can read, never in shipway.toml."""

from collections.abc import Mapping
from pathlib import Path

from shipway.domain import webhook
from shipway.project.secret import read
from shipway.targets.local.home import Home
from shipway.targets.local.supervise.files import replace_text

SMTP_PASSWORD = "SHIPWAY_SMTP_PASSWORD"  # noqa: S105  the name of a variable
WEBHOOK_SECRET = webhook.SECRET


def keep(home: Home, environment: Mapping[str, str]) -> None:
    """Keep the secrets of an environment in the home: the control plane, started later, has another one."""
    for name in (SMTP_PASSWORD, WEBHOOK_SECRET):
        if environment.get(name):
            replace_text(_kept(home, name), environment[name])


def secret(home: Home, folder: Path, file: str, name: str) -> str:
    """Return a secret: of a file beside shipway.toml, or the one that `keep` has kept under a variable's name.

    "" when neither is there to be asked. Raises SecretUnusable.
    """
    if file:
        return read(folder / Path(file).expanduser())
    path = _kept(home, name)
    return read(path) if path.exists() else ""


def _kept(home: Home, name: str) -> Path:
    return home.root / "keys" / name.lower()
