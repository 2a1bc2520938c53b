"""Invocations of an endpoint minute by minute, made of a counter that is read now and then. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shipway.domain.scaling import IN_MINUTES, MINUTE

KEPT = IN_MINUTES + 5  # whole minutes
LONGEST = timedelta(seconds=90)  # between two readings; nobody can say how what came in a longer time was spread
RESTART = timedelta(seconds=5)  # a counter that began anew within this time has lost next to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What was counted.

    counter: which counter was read, another one after a restart; total: its last reading, taken at `at`.
    minutes: invocations in each whole minute before the present one, oldest first; None where nobody counted.
    partial: in the present minute so far, None when part of it was not counted.
    quiet_since: since when no request has come, as far as anybody knows.
    """

    counter: str
    total: int
    at: datetime
    quiet_since: datetime
    minutes: tuple[int | None, ...] = ()
    partial: float | None = None


def started(counter: str, total: int, now: datetime) -> Meter:
    """Return a meter that was read for the first time; the minute in which it begins does not count."""
    return Meter(counter=counter, total=total, at=now, quiet_since=now)


def read(meter: Meter, counter: str, total: int, under_way: int, now: datetime) -> Meter:
    """Return the meter after a further reading; what came since the last one is spread evenly over the time between.

    now: not before the last reading. under_way: requests that are there at this moment.
    """
    same = counter == meter.counter
    new = total - meter.total if same else total
    counted = now - meter.at <= (LONGEST if same else RESTART) and new >= 0
    busy = bool(new or under_way)
    moved = replace(meter, counter=counter, total=total, quiet_since=now if busy else meter.quiet_since)
    span = (now - meter.at) / MINUTE
    while _minute(moved.at) < _minute(now):
        end = _minute(moved.at) + MINUTE
        moved = _add(moved, new * _share(moved.at, end, span) if counted else None, end)
        whole = None if moved.partial is None else round(moved.partial)
        moved = replace(moved, minutes=(*moved.minutes, whole)[-KEPT:], partial=0.0)
        if end + KEPT * MINUTE < now:  # a long sleep of the machine
            moved = replace(moved, minutes=(None,) * KEPT, at=_minute(now), partial=0.0)
    return _add(moved, new * _share(moved.at, now, span) if counted else None, now)


def _add(meter: Meter, count: float | None, at: datetime) -> Meter:
    if at == meter.at and not count:
        return meter
    partial = None if count is None or meter.partial is None else meter.partial + count
    return replace(meter, partial=partial, at=at)


def _share(start: datetime, end: datetime, span: float) -> float:
    """Return which part of the time between two readings, in minutes, lies in here; at once means all of it."""
    return (end - start) / MINUTE / span if span else 1.0


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
