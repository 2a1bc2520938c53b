"""Model Monitor's files, written: statistics.json and constraints.json."""

from collections.abc import Sequence
from typing import Any

from .profile import DISTINCT_LIMIT, SKETCH_CAPACITY, Column

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
                "comparison_threshold": 0.1,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": 0.1,
                "categorical_drift_method": "LInfinity",
            },
        },
    }


def _feature(column: Column) -> dict[str, Any]:
    common = {"num_present": column.present, "num_missing": column.missing}
    feature: dict[str, Any] = {"name": column.name, "inferred_type": column.type}
    if column.numbers is not None:
        numbers = column.numbers
        buckets = [
            {"lower_bound": low, "upper_bound": high, "count": float(count)} for low, high, count in numbers.buckets
        ]
        data = [list(level) for level in numbers.sketch]
        sketch = {"parameters": {"c": 0.64, "k": float(SKETCH_CAPACITY)}, "data": data}
        feature["numerical_statistics"] = {
            "common": common,
            "mean": numbers.mean,
            "sum": numbers.total,
            "std_dev": numbers.deviation,
            "min": numbers.minimum,
            "max": numbers.maximum,
            "distribution": {"kll": {"buckets": buckets, "sketch": sketch}},
        }
    else:
        listed = [{"value": value, "count": count} for value, count in column.categories.items()]
        feature["string_statistics"] = {"common": common, "distinct_count": float(column.distinct)}
        if column.distinct <= DISTINCT_LIMIT:
            feature["string_statistics"]["distribution"] = {"categorical": {"buckets": listed}}
    return feature


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
