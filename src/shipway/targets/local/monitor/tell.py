"""What follows from an analysis: metrics for the alarms, and a notice when features have drifted."""

import hashlib
from datetime import datetime

from shipway.domain import metric_catalogue as metrics
from shipway.domain.drift import Analysis
from shipway.domain.metric import Series
from shipway.domain.notice import Kind
from shipway.ports.monitor import MonitorRun
from shipway.targets.local.notify import Inbox
from shipway.targets.local.telemetry import Telemetry

NAMED = 5  # features that a subject names


def record(telemetry: Telemetry, analysis: Analysis, now: datetime) -> None:
    """Record each input's drift, and that the monitor has run. A feature with too few rows has no value."""
    for feature in analysis.features:
        if feature.source == "input" and feature.metric is not None:
            telemetry.record(metrics.of_drift(feature.name), feature.metric, now)
    telemetry.record(Series(metrics.MONITOR_RUNS), 1.0, now)


def tell(inbox: Inbox, project: str, run: MonitorRun, analysis: Analysis, report: str) -> None:
    """Tell people which features have drifted, worst first; the same features of a release are told once."""
    drifted = [feature for feature in analysis.drifted if feature.source == "input"]
    if not drifted:
        return
    digest = hashlib.sha256("\n".join(sorted(feature.name for feature in drifted)).encode()).hexdigest()[:16]
    more = f" and {len(drifted) - NAMED} more" if len(drifted) > NAMED else ""
    shown = ", ".join(feature.name for feature in drifted[:NAMED])
    window = f"{run.start:%Y-%m-%d %H:%M:%S} to {run.end:%Y-%m-%d %H:%M:%S} UTC"
    inbox.write(
        f"drift:{run.endpoint}:{digest}",
        Kind.DRIFT,
        f"{project}: {shown}{more} drifted",
        "\n".join(
            [
                f"requests to release {run.release}, {window}, are not like its training data:",
                *(f"- {feature.sentence}" for feature in drifted),
                "",
                f"report: {report}",
                "look again: shipway drift",
            ]
        ),
    )
