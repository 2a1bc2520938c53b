"""Metrics of a run, one JSON object a line: what a monitoring job leaves for CloudWatch."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from shipway.domain.drift import Analysis
from shipway.domain.names import drift_metric

from .profile import Column


def metric_lines(found: Analysis, columns: Sequence[Column], endpoint: str, schedule: str) -> str:
    """Return the lines: drift and completeness of each feature, and a summary of each numeric one.

    A feature without enough rows has no drift metric: missing data is what an alarm is to see then.
    """
    dimensions = [{"Name": "Endpoint", "Value": endpoint}, {"Name": "MonitoringSchedule", "Value": schedule}]
    about = {"Timestamp": found.end, "Dimensions": dimensions}
    entries = [*_drift(found), *(entry for column in columns for entry in _column(column))]
    return "".join(
        json.dumps({"MetricName": name, **about, **value}, allow_nan=False) + "\n" for name, value in entries
    )


def _drift(found: Analysis) -> Iterator[tuple[str, dict[str, Any]]]:
    for feature in found.features:
        if feature.metric is not None:
            yield drift_metric(feature.name), _statistics(1, feature.metric, feature.metric, feature.metric)


def _column(column: Column) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = column.present + column.missing
    if rows:
        share = column.completeness
        yield f"feature_non_null_{column.name}", _statistics(rows, share, share, share)
    numbers = column.numbers
    if numbers is not None and np.isfinite(numbers.total):
        summary = _statistics(column.present, numbers.total, numbers.minimum, numbers.maximum)
        yield f"feature_data_{column.name}", summary


def _statistics(count: int, total: float, minimum: float, maximum: float) -> dict[str, Any]:
    values = {"SampleCount": float(count), "Sum": total, "Minimum": minimum, "Maximum": maximum}
    return {"StatisticValues": values, "Unit": "None"}
