"""Metrics as the port shows them."""

import builtins
from collections.abc import Mapping, Sequence

from shipway.domain.metric import Series
from shipway.domain.metric_catalogue import Unit, metric_of
from shipway.ports.metric import Point, Range, SeriesView
from shipway.targets.local.telemetry.telemetry import Telemetry, Total


class LocalMetrics:
    """See `ports.metric.Metrics`."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def list(self, name: str = "") -> Sequence[SeriesView]:
        return [_view(each) for each in self._telemetry.totals(name)]

    def points(self, name: str, dimensions: Mapping[str, str], wanted: Range) -> builtins.list[Point]:
        found = self._telemetry.statistics(
            Series.of(name, dimensions), wanted.start, wanted.end, wanted.period, wanted.statistic
        )
        return [Point(at=at, value=value) for at, value in found]


def _view(total: Total) -> SeriesView:
    known = metric_of(total.series.name)
    return SeriesView(
        name=total.series.name,
        dimensions=dict(total.series.dimensions),
        unit=known.unit if known else Unit.NONE,
        count=total.count,
        newest=total.newest,
    )
