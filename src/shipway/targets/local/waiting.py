"""Waiting for a condition, bounded in time."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Return True as soon as the condition holds, False when it did not within `seconds`."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        pause.wait(every)
    return True


def answers(url: str) -> bool:
    """Return whether something at this address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  an address of our own
            return bool(answer.status == 200)
    except OSError:
        return False
