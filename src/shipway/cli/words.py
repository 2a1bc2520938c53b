"""Times, sizes and names as people read them on a terminal."""

import getpass

from shipway.domain.words import between, moment, plural, short, size, span

__all__ = ["between", "login", "moment", "plural", "short", "size", "span"]


def login() -> str:
    """Return the name of whoever is logged in; "" when the system has no name for them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
