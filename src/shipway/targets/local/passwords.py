"""Passwords as argon2id hashes (RFC 9106's second choice: 64 MiB, 3 passes), which name their own parameters."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only whoever sets or checks a password pays for it
    from argon2 import PasswordHasher


@lru_cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher, profiles  # noqa: PLC0415

    return PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)


@lru_cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def protect(password: str) -> str:
    """Return what is kept of a password."""
    return _hasher().hash(password)


def matches(kept: str, password: str) -> bool:
    """Return whether this is the password. kept: "" for somebody who has none; it takes as long and says no."""
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415

    try:
        return _hasher().verify(kept or _nobody(), password) and bool(kept)
    except (Argon2Error, InvalidHashError):
        return False
