"""The monitor of a control plane elsewhere; see `ports.monitor.Monitor`."""

from collections.abc import Sequence

from shipway.domain.monitor import Window
from shipway.ports.monitor import DriftView, MonitorRun
from shipway.targets.remote.client import Client


class RemoteMonitor:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def latest(self) -> DriftView:
        return self._client.get(DriftView, "/drift")

    def runs(self, limit: int = 24) -> Sequence[MonitorRun]:
        return self._client.get(list[MonitorRun], "/drift/runs", limit=limit)

    def analyse(self, window: Window | None = None, *, by: str) -> DriftView:
        ends = {"start": window.start.isoformat(), "end": window.end.isoformat()} if window else {}
        return self._client.send(DriftView, "POST", "/drift/runs", {**ends, "by": by})
