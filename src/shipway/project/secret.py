"""Secrets in files that their owner alone can read: shipway.toml names such a file and never holds a secret itself."""

import os
import stat
from pathlib import Path

from shipway.domain.errors import ShipwayError


class SecretUnusable(ShipwayError):
    """A secret that is not there, or that others can read."""

    message = "the secret in {place} cannot be used: {problem}"
    hint = "write it into a file that its owner alone can read (chmod 600), or set the variable and run shipway up"
    exit_code = 2
    status = 422


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
