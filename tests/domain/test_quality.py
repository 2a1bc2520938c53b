"""Constraints and what violates them, in Model Monitor's words."""

import json
import re
from dataclasses import replace

import pytest

from shipway.domain.baseline import BaselineUnreadable, Constraint, read_constraints, with_overrides
from shipway.domain.drift import Comparison, HorizonDrift, Rule
from shipway.domain.drift.judge import Standing
from shipway.domain.quality import (
    Check,
    Quality,
    Slack,
    Violation,
    column_checks,
    drift_violation,
    read_violations,
    value_checks,
    violations_document,
)

STRICT = Slack(alpha=None, baseline=1000)
QUIET = Slack(alpha=1e-6, baseline=10_000)
HALF_WHOLE = (
    "Data type match requirement is not met. Expected data type: Integral, "
    "Expected match: 100.0%. Observed: Only 50.0% of data is Integral."
)
WHOLE = Quality(name="x", rows=1000, present=1000, numbers=1000, whole=1000)


@pytest.mark.parametrize(
    ("rule", "seen", "slack", "found"),
    [
        (Constraint(name="x", type="Integral", completeness=1.0), WHOLE, STRICT, []),
        (Constraint(name="x", completeness=1.0), replace(WHOLE, present=986), STRICT, [
            (Check.COMPLETENESS, "Value: 0.986 does not meet the constraint requirement!")]),
        (Constraint(name="x", completeness=0.99), replace(WHOLE, present=986), STRICT, [
            (Check.COMPLETENESS, "Value: 0.986 does not meet the constraint requirement!")]),
        (Constraint(name="x", completeness=0.99), replace(WHOLE, present=986), QUIET, []),  # chance
        (Constraint(name="x", completeness=0.99), replace(WHOLE, present=900), QUIET, [
            (Check.COMPLETENESS, "Value: 0.9 does not meet the constraint requirement!")]),
        (Constraint(name="x", completeness=1.0), replace(WHOLE, present=999), QUIET, [  # never missing in the baseline
            (Check.COMPLETENESS, "Value: 0.999 does not meet the constraint requirement!")]),
        (Constraint(name="x", type="Integral"), replace(WHOLE, whole=500), QUIET, [
            (Check.DATA_TYPE, HALF_WHOLE)]),
        (Constraint(name="x", type="Fractional"), replace(WHOLE, whole=1000), STRICT, []),  # whole numbers are numbers
        (Constraint(name="x", type="Integral", type_threshold=0.4), replace(WHOLE, whole=500), STRICT, []),
        (Constraint(name="x", type="Unknown"), replace(WHOLE, numbers=0), STRICT, []),
        (Constraint(name="x", type="String", domain=frozenset("ab")), replace(WHOLE, unknown_rows=0), STRICT, []),
        (Constraint(name="x", type="String", domain=frozenset("ab")),
         replace(WHOLE, unknown_rows=10, unknown={"z": 7, "y": 3}), QUIET, [
            (Check.CATEGORIES, "Value: 0.99 does not meet the constraint requirement! Unknown values: z, y")]),
        (Constraint(name="x", type="String", domain=frozenset("ab"), unseen=0.01),
         replace(WHOLE, unknown_rows=10, unknown={"z": 7}), QUIET, []),  # the baseline had such rarities too
        (Constraint(name="x", type="Integral", completeness=1.0), Quality(name="x", rows=0, present=0), STRICT, []),
    ],
)  # fmt: skip
def test_values(rule: Constraint, seen: Quality, slack: Slack, found: list[tuple[Check, str]]) -> None:
    assert [(one.check, one.description) for one in value_checks(rule, seen, slack)] == found


def test_columns_that_are_missing_or_new() -> None:
    found = column_checks(["a", "b"], ["b", "c", "d"])
    assert [(one.feature, one.check.value) for one in found] == [
        ("a", "missing_column_check"),
        ("c", "extra_column_check"),
        ("d", "extra_column_check"),
    ]
    counts = "Number of columns in current dataset: 3, Number of columns in baseline constraints: 2"
    assert found[1].description == f"There are extra columns in current dataset. {counts}"


def test_drift_is_worded_so_that_readers_find_both_numbers() -> None:
    worst = HorizonDrift(
        horizon="1h",
        standing=Standing.DRIFT,
        rows=1,
        effective=1.0,
        clustering=1.0,
        distance=0.5,
        score=0.2734,
        tolerance=0.1,
        p=0.0,
    )
    found = re.search(r"distance: (.+) exceeds threshold: (.+)", drift_violation("x", worst).description)
    assert found is not None
    assert [float(each) for each in found.groups()] == [0.2734, 0.1]


def test_violations_are_read_as_they_were_written() -> None:
    violations = [Violation(feature="x", check=Check.DRIFT, description="...")]
    document = violations_document(violations)
    assert read_violations(document) == violations
    document["violations"] += [{"constraint_check_type": "a newer check"}, 7]  # type: ignore[operator]
    assert read_violations(document) == violations
    assert read_violations({}) == []


MODEL_MONITOR = {
    "version": 0.0,
    "features": [
        {
            "name": "age",
            "inferred_type": "Integral",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": True},
            "monitoringConfigOverrides": {"datatype_check_threshold": 0.5},
        },
        {"name": "job", "inferred_type": "String", "completeness": 0.9, "string_constraints": {"domains": ["a", "b"]}},
        {"name": "bare"},
    ],
    "monitoring_config": {
        "datatype_check_threshold": 1.0,
        "distribution_constraints": {"comparison_threshold": 0.1, "comparison_method": "Simple"},
        "a_newer_key": 1,
    },
}


def test_constraints_of_any_age_are_read() -> None:
    found = read_constraints(json.loads(json.dumps(MODEL_MONITOR)))
    age, job, bare = (found.features[name] for name in ("age", "job", "bare"))
    assert (age.type_threshold, age.non_negative, age.numeric, age.domain) == (0.5, True, True, None)
    assert age.drift == Rule(tolerance=0.1, numeric=Comparison.SIMPLE)
    assert (job.completeness, job.domain, job.drift.tolerance) == (0.9, {"a", "b"}, 0.1)
    assert (bare.type, bare.completeness) == ("Unknown", None)
    assert found.evaluate


def test_each_feature_can_have_thresholds_of_its_own() -> None:
    own = with_overrides(
        json.loads(json.dumps(MODEL_MONITOR)),
        {"age": {"tolerance": 0.3, "completeness": 0.8}, "job": {"compare": False, "categories": 0.7}},
    )
    found = read_constraints(own, tolerance=0.05)
    age, job, bare = (found.features[name] for name in ("age", "job", "bare"))
    assert (age.drift.tolerance, age.completeness, age.type_threshold) == (0.3, 0.8, 0.5)
    assert (job.drift.compare, job.domain_threshold, job.drift.tolerance) == (False, 0.7, 0.05)
    assert bare.drift.tolerance == 0.05


@pytest.mark.parametrize("document", [None, [], {}, {"features": {}}])
def test_what_is_no_constraints_file_is_refused(document: object) -> None:
    with pytest.raises(BaselineUnreadable):
        read_constraints(document)  # type: ignore[arg-type]
