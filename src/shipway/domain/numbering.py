"""Numbers for what happened, where nobody counts: they grow with time, and the same event always has the same. Pure."""

from datetime import UTC, datetime
from zlib import crc32


def number_of(at: datetime, what: str) -> int:
    """Return the number of an event: its time in milliseconds since 1970, and three digits more.

    what: tells apart events of one millisecond. The number has sixteen digits until the year 2286.
    """
    return round(at.timestamp() * 1000) * 1000 + crc32(what.encode()) % 1000


def time_of(number: int) -> datetime:
    """Return the time that a number says, to the millisecond."""
    return datetime.fromtimestamp(number // 1000 / 1000, UTC)
