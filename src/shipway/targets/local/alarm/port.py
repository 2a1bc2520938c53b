"""Alarms as the port shows them: what they are beside where they stand."""

import builtins
from collections.abc import Callable, Sequence

from shipway.domain.alarm import Alarm, AlarmChange, AlarmNotFound, AlarmState
from shipway.domain.alarm_rule import Composite
from shipway.domain.alarm_settings import AlarmSet
from shipway.ports.alarm import AlarmView
from shipway.targets.local.alarm.alarms import Alarms, Standing
from shipway.targets.local.home import Home

ORDER = (AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA, AlarmState.OK)


class LocalAlarms:
    """See `ports.alarm.Alarms`."""

    def __init__(self, home: Home, alarms: Alarms, defined: Callable[[], AlarmSet]) -> None:
        """defined: the alarms as the project's file has them now."""
        self._home = home
        self._alarms = alarms
        self._defined = defined

    def list(self) -> Sequence[AlarmView]:
        standings, quiet = {each.name: each for each in self._alarms.standings()}, self._alarms.disabled()
        defined = self._defined().definitions.values()
        found = [_view(each, standings.get(each.name), enabled=each.name not in quiet) for each in defined]
        return sorted(found, key=lambda each: (ORDER.index(each.state), each.name))

    def get(self, alarm: str) -> AlarmView:
        for each in self.list():
            if each.name == alarm:
                return each
        raise AlarmNotFound(alarm=alarm)

    def history(self, alarm: str = "", limit: int = 50) -> Sequence[AlarmChange]:
        return self._alarms.newest(alarm, limit)

    def changes(self, after: int = 0) -> builtins.list[AlarmChange]:
        return self._alarms.changes(after)

    def enable(self, alarm: str, *, by: str) -> AlarmView:
        return self._switch(alarm, True, by)

    def disable(self, alarm: str, *, by: str) -> AlarmView:
        return self._switch(alarm, False, by)

    def _switch(self, alarm: str, enabled: bool, by: str) -> AlarmView:
        self.get(alarm)
        self._alarms.set_enabled(alarm, enabled)
        self._home.record(by, "enable alarm" if enabled else "disable alarm", alarm)
        return self.get(alarm)


def firing(alarms: Alarms) -> dict[str, bool]:
    """Return whether each alarm fires; one that knows nothing is not there."""
    known = [each for each in alarms.standings() if each.state is not AlarmState.INSUFFICIENT_DATA]
    return {each.name: each.state is AlarmState.ALARM for each in known}


def _view(alarm: Alarm | Composite, standing: Standing | None, *, enabled: bool) -> AlarmView:
    return AlarmView(
        name=alarm.name,
        state=standing.state if standing else AlarmState.INSUFFICIENT_DATA,
        since=standing.since if standing else None,
        evaluated=standing.evaluated if standing else None,
        condition=alarm.condition,
        description=alarm.description,
        reason=standing.reason if standing else "nobody has looked at it yet",
        threshold=alarm.threshold if isinstance(alarm, Alarm) else None,
        datapoints=standing.datapoints if standing else (),
        enabled=enabled,
        release=alarm.release if isinstance(alarm, Alarm) else None,
        suppression=standing.suppression if standing and standing.suppression.by else None,
    )
