"""The hourly job on AWS: the analysis, what labels say, and one file with the metrics of both."""

import json
import os
import sys
from pathlib import Path

from shipway.domain.metric_catalogue import LABEL_COVERAGE, QUALITY_LOSS
from shipway.domain.names import drift_metric
from shipway.domain.values import JsonObject

from . import analysis
from .job import run, write
from .model_quality import Measured, measure, read_job
from .settings import Settings, read_settings

METRICS = "metrics.json"  # small, whatever the analysis holds: a state machine reads it in one piece


def main() -> int:
    """Run the job under the processing contract; returns its exit code."""
    return run(_work, "the hour was not looked at")


def _work(base: Path) -> str:
    said = analysis.work(base)
    settings = read_settings(base)
    job = read_job(base, os.environ, settings.endpoint, settings.budget)
    found = measure(job, settings)
    write(settings.output / METRICS, _metrics(settings, found))
    return f"{said} {found.sentence}"


def _metrics(settings: Settings, measured: Measured) -> JsonObject:
    """Return the metrics. Without enough rows or labels there is none: missing data is what an alarm is to see then."""
    found = json.loads((settings.output / "analysis.json").read_text())
    drift: dict[str, float] = {
        drift_metric(each["name"]): each["metric"]
        for each in found["features"]
        if each.get("source", "input") == "input" and each.get("metric") is not None
    }
    labels = {QUALITY_LOSS: measured.loss, LABEL_COVERAGE: measured.coverage}
    quality = {name: value for name, value in labels.items() if value is not None}
    return {"metrics": [{"name": name, "value": value} for name, value in (drift | quality).items()]}


if __name__ == "__main__":
    sys.exit(main())
