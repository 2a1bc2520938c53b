"""The metrics in Prometheus' text format, from what is on record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from shipway.domain import names
from shipway.domain.metric_catalogue import ALARM_FIRING, Kind, Metric, Unit, exported, label, metric_of
from shipway.targets.local.telemetry.telemetry import Telemetry, Total

FRESH = timedelta(minutes=5)  # what has no newer value is not told as how things stand
QUANTILES = {"0.5": "p50", "0.95": "p95", "0.99": "p99"}
MINUTE = timedelta(minutes=1)
FEATURE = "feature"


def exposition(telemetry: Telemetry, alarms: Mapping[str, bool], now: datetime) -> bytes:
    """Return the text that a Prometheus server scrapes. alarms: name -> whether it fires, of those that are known."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Recorded(telemetry, alarms, now))
    return generate_latest(registry)


class _Recorded(Collector):
    """Makes Prometheus' families of what is on record."""

    def __init__(self, telemetry: Telemetry, alarms: Mapping[str, bool], now: datetime) -> None:
        self._telemetry = telemetry
        self._alarms = alarms
        self._now = now

    def collect(self) -> Iterator[Family]:
        for _, found in groupby(sorted(self._known(), key=_exported), key=_exported):
            yield from self._family(list(found))
        firing = GaugeMetricFamily(ALARM_FIRING.exported, ALARM_FIRING.meaning, labels=["alarm"])
        for name, fires in sorted(self._alarms.items()):
            firing.add_metric([name], float(fires))
        yield firing

    def _known(self) -> list[tuple[Metric, Total]]:
        found = [(metric_of(each.series.name), each) for each in self._telemetry.totals()]
        return [(metric, total) for metric, total in found if metric is not None]

    def _family(self, found: list[tuple[Metric, Total]]) -> Iterator[Family]:
        """Yield one metric, and series with the same labels together; a sum over others is left to Prometheus."""
        metric = found[0][0]
        most = max(len(_labels(each)) for _, each in found)
        chosen = [each for _, each in found if metric.kind is Kind.GAUGE or len(_labels(each)) == most]
        if metric.kind is Kind.COUNTER:
            yield self._counter(metric, chosen)
        elif metric.kind is Kind.SUMMARY:
            yield from self._summary(metric, chosen)
        else:
            yield self._gauge(metric, chosen)

    def _counter(self, metric: Metric, found: Iterable[Total]) -> Family:
        family = CounterMetricFamily(metric.exported, metric.meaning)
        for each in found:
            family.add_sample(metric.exported, _labels(each), each.total)
        return family

    def _gauge(self, metric: Metric, found: Sequence[Total]) -> Family:
        name = exported(metric, dict(found[0].series.dimensions))
        family = GaugeMetricFamily(name, metric.meaning)
        for each in found:
            value = self._newest(each, "Average")
            if value is not None:
                family.add_sample(name, _labels(each), value / _scale(metric))
        return family

    def _summary(self, metric: Metric, found: Iterable[Total]) -> Iterator[Family]:
        family = SummaryMetricFamily(metric.exported, metric.meaning)
        for each in found:
            labels, scale = _labels(each), _scale(metric)
            for quantile, statistic in QUANTILES.items():
                value = self._newest(each, statistic)
                if value is not None:
                    family.add_sample(metric.exported, {**labels, "quantile": quantile}, value / scale)
            family.add_sample(f"{metric.exported}_count", labels, each.count)
            family.add_sample(f"{metric.exported}_sum", labels, each.total / scale)
        yield family

    def _newest(self, total: Total, statistic: str) -> float | None:
        """Return a statistic of the newest minute, None when that is long ago."""
        if self._now - total.newest > FRESH:
            return None
        found = self._telemetry.statistics(total.series, total.newest, total.newest + MINUTE, MINUTE, statistic)
        return found[-1][1] if found else None


def _exported(found: tuple[Metric, Total]) -> str:
    return exported(found[0], dict(found[1].series.dimensions))


def _labels(total: Total) -> dict[str, str]:
    drift = total.series.name.removeprefix(names.drift_metric(""))
    feature = {FEATURE: drift} if drift != total.series.name else {}
    return {**{label(name): value for name, value in total.series.dimensions}, **feature}


def _scale(metric: Metric) -> float:
    """Return how many of the metric's units are one of the base unit, in which Prometheus has its metrics."""
    return {Unit.MILLISECONDS: 1e3, Unit.MICROSECONDS: 1e6}.get(metric.unit, 1.0)
