"""Time as the engine sees it, so that a test can jump over days."""

import threading
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where `now` comes from, and what waiting means."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Return when `condition` is notified, or after about `seconds` of this clock; earlier is allowed.

        The caller holds the condition.
        """


class SystemClock:
    """The machine's wall clock: what is due at six is due at six, also after the machine slept."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        return datetime.now(UTC)

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait for a notification, at most `seconds`."""
        condition.wait(seconds)
