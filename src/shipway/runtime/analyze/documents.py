"""Model Monitor's files: statistics.json and constraints.json, written and read."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shipway.domain.baseline import TOLERANCE

from .edges import edges_of_sketch
from .kernel import Ints, distinct
from .plan import CATEGORIES, Plan
from .profile import Column, Numbers
from .sketch import CAPACITY

CATEGORY_LIMIT = 100  # a text column with more values than this is no category, and has no domain to check


def statistics(columns: Sequence[Column], rows: int) -> dict[str, Any]:
    """Return statistics.json of a data set with `rows` rows."""
    return {"version": 0.0, "dataset": {"item_count": rows}, "features": [_feature(column) for column in columns]}


def constraints(columns: Sequence[Column]) -> dict[str, Any]:
    """Return constraints.json: what later data must keep to be like this."""
    return {
        "version": 0.0,
        "features": [_constraint(column) for column in columns],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 1.0,
            "domain_content_threshold": 1.0,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": TOLERANCE,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": TOLERANCE,
                "categorical_drift_method": "LInfinity",
            },
        },
    }


def _feature(column: Column) -> dict[str, Any]:
    common = {"num_present": column.present, "num_missing": column.missing}
    feature: dict[str, Any] = {"name": column.name, "inferred_type": column.type}
    if column.numbers is not None:
        feature["numerical_statistics"] = {"common": common, **_numbers(column.numbers)}
    else:
        listed = [{"value": value, "count": count} for value, count in column.categories.items()]
        feature["string_statistics"] = {"common": common, "distinct_count": float(column.distinct)}
        if column.distinct <= CATEGORIES:
            feature["string_statistics"]["distribution"] = {"categorical": {"buckets": listed}}
    return feature


def _numbers(numbers: Numbers) -> dict[str, Any]:
    buckets = [{"lower_bound": low, "upper_bound": high, "count": float(rows)} for low, high, rows in numbers.buckets]
    data = [list(level) for level in numbers.levels]
    sketch = {"parameters": {"c": 0.64, "k": float(CAPACITY)}, "data": data}
    figures = {
        "mean": numbers.mean,
        "sum": numbers.total,
        "std_dev": numbers.deviation,
        "min": numbers.minimum,
        "max": numbers.maximum,
    }
    # What is beyond a double's range is left out: JSON has no infinity, and readers take missing keys.
    finite = {key: value for key, value in figures.items() if np.isfinite(value)}
    return {**finite, "distribution": {"kll": {"buckets": buckets, "sketch": sketch}}}


def _constraint(column: Column) -> dict[str, Any]:
    constraint: dict[str, Any] = {
        "name": column.name,
        "inferred_type": column.type,
        "completeness": column.completeness,
    }
    if column.numbers is not None:
        constraint["num_constraints"] = {"is_non_negative": column.numbers.minimum >= 0}
    elif column.type == "String" and column.distinct <= CATEGORY_LIMIT:
        constraint["string_constraints"] = {"domains": sorted(column.categories)}
    return constraint


def plans_of(document: Mapping[str, Any]) -> tuple[list[Plan], list[str]]:
    """Return plans rebuilt from a statistics.json of any origin, and sentences about features that can't be compared.

    Numbers come back from the sketch (or from the ten buckets, when there is none), categories from their counts.
    """
    plans, notes = [], []
    for entry in document.get("features", ()):
        name = str(entry.get("name", "")).strip()
        if "numerical_statistics" in entry:
            plan = _numeric_plan(name, entry["numerical_statistics"])
        else:
            plan = _category_plan(name, entry.get("string_statistics") or entry.get("common") or {})
        if not plan.numeric and not plan.categories:
            notes.append(f"{name}: its baseline has no distribution; only missing values are compared")
        plans.append(plan)
    return plans, notes


def _numeric_plan(name: str, entry: Mapping[str, Any]) -> Plan:
    common = entry.get("common", {})
    kll = entry.get("distribution", {}).get("kll", {})
    levels = kll.get("sketch", {}).get("data") or []
    listed = kll.get("buckets") or []
    present, missing = int(common.get("num_present", 0)), int(common.get("num_missing", 0))
    if any(levels):
        kept = [value for level in levels for value in level]
        low, high = float(entry.get("min", min(kept))), float(entry.get("max", max(kept)))
        edges, values, weights = edges_of_sketch(levels, low, high)
    elif listed:
        bounds = [float(each[key]) for each in listed for key in ("lower_bound", "upper_bound")]
        edges = distinct(np.array(bounds, dtype=np.float64))
        edges[-1] = np.nextafter(edges[-1], np.inf)
        values = np.array([float(each["lower_bound"]) for each in listed])
        weights = np.array([float(each["count"]) for each in listed])
    else:
        return _category_plan(name, entry)
    inner = np.bincount(np.searchsorted(edges, values, side="right"), weights=weights, minlength=len(edges) + 1)
    bins = np.zeros(len(edges) + 5, dtype=np.int64)
    bins[1:-3] = np.rint(inner).astype(np.int64)
    bins[-1] = missing
    bins[1:-3] = _scaled(bins[1:-3], present or int(bins[1:-3].sum()))
    centre = float(values[np.searchsorted(np.cumsum(weights), weights.sum() / 2).clip(0, len(values) - 1)])
    deviation = float(entry.get("std_dev", 0.0))
    return Plan(name=name, numeric=True, baseline=bins, edges=edges, centre=centre, deviation=deviation)


def _scaled(rows: Ints, total: int) -> Ints:
    """Return counts that add up to `total`, in the same proportions."""
    have = int(rows.sum())
    if have in (0, total):
        return rows
    steps: Ints = np.rint(np.concatenate(([0], np.cumsum(rows))) * (total / have)).astype(np.int64)
    return steps[1:] - steps[:-1]


def _category_plan(name: str, entry: Mapping[str, Any]) -> Plan:
    common = entry.get("common", entry)
    listed = entry.get("distribution", {}).get("categorical", {}).get("buckets") or []
    rows = {str(each["value"]): int(each["count"]) for each in listed}
    present, missing = int(common.get("num_present", sum(rows.values()))), int(common.get("num_missing", 0))
    names = sorted(rows, key=lambda value: (-rows[value], value))[:CATEGORIES]
    counted = [rows[value] for value in names]
    return Plan(
        name=name,
        numeric=False,
        baseline=np.array([*counted, max(0, present - sum(counted)), missing], dtype=np.int64),
        categories=tuple(names),
        singles=sum(count == 1 for count in rows.values()),
    )
