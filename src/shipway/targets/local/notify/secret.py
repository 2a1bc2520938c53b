"""Secrets of the ways to people: in files that their owner alone can read, never in shipway.toml."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.targets.local.home import Home
from shipway.targets.local.supervise.files import replace_text

SMTP_PASSWORD = "SHIPWAY_SMTP_PASSWORD"  # noqa: S105  the name of a variable
WEBHOOK_SECRET = "SHIPWAY_WEBHOOK_SECRET"  # noqa: S105


class SecretUnusable(ShipwayError):
    """A secret that is not there, or that others can read."""

    message = "the secret in {place} cannot be used: {problem}"
    hint = "write it into a file that its owner alone can read (chmod 600), or set the variable and run shipway up"
    exit_code = 2
    status = 422


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


def read(path: Path) -> str:
    """Return a secret file's text without the line's end. Raises SecretUnusable when others can read it."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SecretUnusable(place=path, problem="others can read it")
        if path.stat().st_uid != os.getuid():
            raise SecretUnusable(place=path, problem="it belongs to somebody else")
        return path.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretUnusable(place=path, problem=str(error)) from error


def _kept(home: Home, name: str) -> Path:
    return home.root / "keys" / name.lower()
