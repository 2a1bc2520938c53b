"""Suppression: a composite alarm does nothing while another alarm, its suppressor, is in ALARM. Pure.

Source: Amazon CloudWatch user guide, "Suppressing composite alarm actions"; its six examples are a table test.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shipway.domain.alarm import AlarmState

MINUTE = timedelta(minutes=1)


class SuppressedBy(StrEnum):
    """What keeps an alarm from acting: its suppressor, or one of the two periods that wait for it."""

    ALARM = "Alarm"
    WAIT_PERIOD = "WaitPeriod"
    EXTENSION_PERIOD = "ExtensionPeriod"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressor:
    """The alarm that keeps another one from acting.

    wait: how long after its own change the other one waits for the suppressor to go off. extension: how long after the
    suppressor is over the other one has to change as well. Both end at the first look after them.
    """

    alarm: str
    wait: timedelta = MINUTE
    extension: timedelta = MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """What holds an alarm back.

    until: None while the suppressor is in ALARM. pending: the alarm has changed, and has not acted since.
    """

    suppressor: str = ""
    by: SuppressedBy | None = None
    until: datetime | None = None
    pending: bool = False

    @property
    def acts(self) -> bool:
        """Whether it acts on its state now: it changed, and nothing holds it back."""
        return self.pending and self.by is None

    def __str__(self) -> str:
        if self.by is None:
            return ""
        return f"held back by {self.suppressor}: {self.by}" + (f" until {self.until:%H:%M:%SZ}" if self.until else "")


def suppress(
    before: Suppression, suppressor: Suppressor | None, *, changed: bool, state: AlarmState, now: datetime
) -> Suppression:
    """Return what holds an alarm back after a look.

    before: after the last look. suppressor: None when it has none (any more). changed: whether the alarm's own state
    has just changed. state: the suppressor's. A period in force is dropped when the suppressor is another one, when it
    goes off, and when the alarm itself changes, which begins a new wait. An alarm that has not changed since it last
    acted has nothing to do when a period ends.
    """
    pending = changed or (before.pending and before.by is not None)
    if suppressor is None:
        return Suppression(pending=pending)
    known = before if before.suppressor == suppressor.alarm else Suppression()
    by, until = _held(known, suppressor, changed, state, now)
    return Suppression(suppressor=suppressor.alarm, by=by, until=until, pending=pending)


def _held(
    before: Suppression, suppressor: Suppressor, changed: bool, state: AlarmState, now: datetime
) -> tuple[SuppressedBy | None, datetime | None]:
    if state is AlarmState.ALARM:
        return SuppressedBy.ALARM, None
    by, until = before.by, before.until
    if changed:
        by, until = SuppressedBy.WAIT_PERIOD, now + suppressor.wait
    elif by is SuppressedBy.ALARM:
        by, until = SuppressedBy.EXTENSION_PERIOD, now + suppressor.extension
    return (by, until) if until is not None and now < until else (None, None)
