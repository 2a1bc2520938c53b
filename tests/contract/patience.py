"""How long a case of the contract waits for a target: a rig that takes its time says so."""

from collections.abc import Callable
from typing import TypeVar

from shipway.ports.target import Target
from waiting import PAUSE, until

Seen = TypeVar("Seen")
SECONDS = 90  # a stage of a real target starts real programs


def eventually(target: Target, condition: Callable[[], Seen], what: str = "") -> Seen:
    """Return the first true value of a condition.

    A target may have `patience`, seconds that it is waited for, and `rest`, seconds between two looks.
    """
    return until(condition, getattr(target, "patience", SECONDS), what, getattr(target, "rest", PAUSE))
