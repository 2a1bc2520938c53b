"""analysis.json: read as it was written, with a verdict that never passes what it could not see."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shipway.domain.drift import Analysis, FeatureDrift, HorizonDrift, analysis_document, read_analysis
from shipway.domain.drift.judge import Standing


def feature(name: str, *standings: Standing, score: float = 0.0) -> FeatureDrift:
    horizons = [
        HorizonDrift(
            horizon=f"{at}h",
            standing=standing,
            rows=1200,
            effective=600.0,
            clustering=2.0,
            distance=0.2,
            score=score,
            tolerance=0.05,
            p=1e-9,
            detectable=0.15,
        )
        for at, standing in enumerate(standings)
    ]
    return FeatureDrift(name=name, source="input", kind="numeric", horizons=tuple(horizons), reading={"psi": 0.1})


def analysis(*features: FeatureDrift, violations: Sequence[dict[str, str]] = ()) -> Analysis:
    return Analysis(
        start="2026-03-01T10:00:00Z",
        end="2026-03-01T11:00:00Z",
        mode="shipway",
        budget=0.1,
        alpha=1e-6,
        constant=2.6,
        baseline_rows=5000,
        baseline_digest="abc",
        features=features,
        violations=tuple({**one} for one in violations),
        records={"window_rows": 1200},
        notes=("one file could not be read",),
    )


STABLE, DRIFT, FEW = Standing.STABLE, Standing.DRIFT, Standing.INSUFFICIENT


@pytest.mark.parametrize(
    ("features", "verdict", "words"),
    [
        ([feature("a", STABLE), feature("b", FEW, STABLE)], "pass", "all 2 features are as in the baseline"),
        ([feature("a", STABLE), feature("b", FEW, FEW)], "inconclusive", "1 of 2 features had enough rows"),
        ([], "inconclusive", "0 of 0"),
        ([feature("a", Standing.SKIPPED)], "inconclusive", "0 of 1"),
    ],
)
def test_a_verdict_without_violations(features: list[FeatureDrift], verdict: str, words: str) -> None:
    found = analysis(*features)
    assert found.verdict == verdict
    assert words in found.sentence


def test_no_rows_are_never_a_pass() -> None:
    found = replace(analysis(feature("a", FEW, STABLE)), records={"window_rows": 0})
    assert (found.verdict, found.sentence) == ("inconclusive", "inconclusive: there were no rows")


def test_drift_is_told_with_its_numbers() -> None:
    violation = {"feature_name": "a", "constraint_check_type": "baseline_drift_check", "description": "..."}
    found = analysis(feature("a", STABLE, DRIFT, score=0.12), feature("b", STABLE), violations=[violation])
    assert found.verdict == "fail"
    assert found.sentence == (
        "1 of 2 features drifted. a has drifted: distance 0.200, 0.120 of it beyond chance (tolerance 0.05), over 1h"
    )
    assert found.features[0].metric == 0.12


def test_too_few_rows_publish_no_metric() -> None:
    assert feature("a", FEW, FEW).metric is None


def test_what_is_written_is_read() -> None:
    found = analysis(feature("a", DRIFT, STABLE, score=0.3), feature("b", FEW))
    assert read_analysis(json.loads(json.dumps(analysis_document(found)))) == found
