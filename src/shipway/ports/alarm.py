"""What the command line and the console ask about alarms. The docstrings are the contract."""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shipway.domain.alarm import AlarmChange, AlarmState, Datapoint
from shipway.domain.alarm_suppression import Suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """One alarm as people see it.

    since: of its state; evaluated: when it was looked at last, both None before the first look. condition: what it
    waits for, in words. threshold: None for an alarm on other alarms. datapoints: of the last look, oldest first.
    enabled: whether it tells people and stops releases. release: the one that it judges, None when it judges no one.
    suppression: what else keeps it from that now, None when nothing does.
    """

    name: str
    state: AlarmState
    since: datetime | None
    evaluated: datetime | None
    condition: str
    description: str
    reason: str
    threshold: float | None
    datapoints: tuple[Datapoint, ...]
    enabled: bool
    release: int | None
    suppression: Suppression | None = None


class Alarms(Protocol):
    """The alarms of a project: those that it has by itself, those of its file, and those of each release."""

    def list(self) -> Sequence[AlarmView]:
        """Return every alarm by name, those that fire first."""

    def get(self, alarm: str) -> AlarmView:
        """Return one. Raises AlarmNotFound."""

    def history(self, alarm: str = "", limit: int = 50) -> Sequence[AlarmChange]:
        """Return changes of state, newest first; `alarm`: of one alarm, which need not be there any more."""

    def changes(self, after: int = 0) -> builtins.list[AlarmChange]:
        """Return the changes of state with a number above `after`, oldest first."""

    def enable(self, alarm: str, *, by: str) -> AlarmView:
        """Let an alarm tell people and stop releases again; safe to repeat. Raises AlarmNotFound."""

    def disable(self, alarm: str, *, by: str) -> AlarmView:
        """Keep an alarm quiet: it is looked at, and does nothing; safe to repeat. Raises AlarmNotFound."""
