"""The metrics of a control plane elsewhere; see `ports.metric.Metrics`."""

import builtins
import json
from collections.abc import Mapping, Sequence

from shipway.ports.metric import Point, Range, SeriesView
from shipway.targets.remote.client import Client


class RemoteMetrics:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self, name: str = "") -> Sequence[SeriesView]:
        return self._client.get(builtins.list[SeriesView], "/metrics", name=name)

    def points(self, name: str, dimensions: Mapping[str, str], wanted: Range) -> builtins.list[Point]:
        return self._client.get(
            builtins.list[Point],
            "/points",
            name=name,
            dimensions=json.dumps(dict(dimensions)),
            start=wanted.start.isoformat(),
            end=wanted.end.isoformat(),
            period=int(wanted.period.total_seconds()),
            statistic=wanted.statistic,
        )
