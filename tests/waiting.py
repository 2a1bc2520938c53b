"""Waiting for a condition with a deadline, so that no test guesses how long something takes."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")
PAUSE = 0.01  # seconds between two looks: short for a person, long for a processor


def until(condition: Callable[[], Seen], seconds: float = 10, what: str = "", pause: float = PAUSE) -> Seen:
    """Return the first true value of `condition`, looking again and again for `seconds`.

    condition: called at least once, and once more at the deadline; an exception in it is the test's own failure.
    what: what is awaited, for the message. pause: seconds between two looks. Raises AssertionError when the time is up,
    with the last value seen.
    """
    seen = within(condition, seconds, pause)
    if not seen:
        name = what or getattr(condition, "__qualname__", repr(condition))
        raise AssertionError(f"waited {seconds:g} s for {name}; last seen: {seen!r}")
    return seen


def within(condition: Callable[[], Seen], seconds: float, pause: float = PAUSE) -> Seen:
    """Return what `until` returns, or the last value seen when the time is up: for who then says something else."""
    deadline = time.monotonic() + seconds
    while True:
        late = time.monotonic() >= deadline
        seen = condition()
        if seen or late:
            return seen
        time.sleep(pause)


def next_second() -> None:
    """Return when a new whole second has begun: times that are kept in whole seconds are told apart from then on."""
    before = int(time.time())
    until(lambda: int(time.time()) > before, 3, "a new second")
