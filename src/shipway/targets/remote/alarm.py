"""The alarms of a control plane elsewhere; see `ports.alarm.Alarms`."""

import builtins
from collections.abc import Sequence

from shipway.domain.alarm import AlarmChange
from shipway.ports.alarm import AlarmView
from shipway.targets.remote.client import Client, quoted


class RemoteAlarms:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> Sequence[AlarmView]:
        return self._client.get(builtins.list[AlarmView], "/alarms")

    def get(self, alarm: str) -> AlarmView:
        return self._client.get(AlarmView, f"/alarms/{quoted(alarm)}")

    def history(self, alarm: str = "", limit: int = 50) -> Sequence[AlarmChange]:
        return self._client.get(builtins.list[AlarmChange], "/alarm-history", alarm=alarm, limit=limit)

    def changes(self, after: int = 0) -> builtins.list[AlarmChange]:
        return self._client.get(builtins.list[AlarmChange], "/alarm-changes", after=after)

    def enable(self, alarm: str, *, by: str) -> AlarmView:
        return self._client.send(AlarmView, "POST", f"/alarms/{quoted(alarm)}/enable", {"by": by})

    def disable(self, alarm: str, *, by: str) -> AlarmView:
        return self._client.send(AlarmView, "POST", f"/alarms/{quoted(alarm)}/disable", {"by": by})
