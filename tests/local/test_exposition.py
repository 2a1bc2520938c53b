"""What a Prometheus server scrapes: its own parser reads it, and it says what was recorded."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shipway.domain import metric_catalogue as metrics
from shipway.domain.metric import Series
from shipway.targets.local.telemetry import Telemetry
from shipway.targets.local.telemetry.exposition import exposition

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
FUNCTION = "tiny-api"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def telemetry(tmp_path: Path) -> Telemetry:
    return Telemetry(tmp_path)


def samples(telemetry: Telemetry, now: datetime = NOW) -> Samples:
    text = exposition(telemetry, {"errors": True, "disk": False}, now).decode()
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def test_counters_are_all_that_ever_was_by_version(telemetry: Telemetry) -> None:
    for version, requests in (("1", 30), ("2", 4), ("", 34)):
        for minutes in (0, 60 * 24 * 20):
            at = NOW - timedelta(minutes=minutes)
            telemetry.record(metrics.of_function(metrics.INVOCATIONS, FUNCTION, version), 1.0, at, count=requests)
    telemetry.expire(NOW)
    found = samples(telemetry)
    labels = ("function", FUNCTION)
    assert found["shipway_invocations_total", (labels, ("version", "1"))] == 60
    assert found["shipway_invocations_total", (labels, ("version", "2"))] == 8
    assert ("shipway_invocations_total", (labels,)) not in found  # a sum is Prometheus' own affair


def test_latencies_are_a_summary_in_seconds(telemetry: Telemetry) -> None:
    telemetry.record(metrics.of_function(metrics.LATENCY, FUNCTION, "1"), 250.0, NOW, count=10)
    found = samples(telemetry)
    labels = (("function", FUNCTION), ("version", "1"))
    assert found["shipway_latency_seconds_count", labels] == 10
    assert found["shipway_latency_seconds_sum", labels] == pytest.approx(2.5)
    quantile = (labels[0], ("quantile", "0.95"), labels[1])
    assert found["shipway_latency_seconds", quantile] == pytest.approx(0.25, rel=0.01)


def test_gauges_are_how_things_stand_now(telemetry: Telemetry) -> None:
    telemetry.record(Series(metrics.CPU), 12.0, NOW)
    telemetry.record(metrics.of_process(metrics.CPU, "gateway"), 3.0, NOW)
    telemetry.record(metrics.of_drift("dep_hour"), 0.4, NOW)
    found = samples(telemetry)
    assert found["shipway_cpu_percent", ()] == 12
    assert found["shipway_process_cpu_percent", (("process", "gateway"),)] == 3
    assert found["shipway_feature_baseline_drift", (("feature", "dep_hour"),)] == pytest.approx(0.4)
    assert ("shipway_cpu_percent", ()) not in samples(telemetry, NOW + timedelta(minutes=10))


def test_alarms_are_there_also_without_metrics(telemetry: Telemetry) -> None:
    assert samples(telemetry) == {
        ("shipway_alarm_firing", (("alarm", "disk"),)): 0,
        ("shipway_alarm_firing", (("alarm", "errors"),)): 1,
    }
