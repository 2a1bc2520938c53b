"""The gate: one row a rule, the sentence included."""

import math

import pytest

from shipway.domain.gate import EvaluationInvalid, GateVerdict, LiveModel, judge, metrics
from shipway.domain.project import Direction, GateSettings

UP = GateSettings(metric="auc", threshold=0.7, tolerance=0.01)
DOWN = GateSettings(metric="rmse", threshold=10.0, direction=Direction.MINIMIZE)
LIVE = LiveModel(release=3, value=0.8)


@pytest.mark.parametrize(
    ("rule", "found", "live", "verdict", "sentence"),
    [
        (UP, {"auc": 0.7}, None, GateVerdict.PASS, "auc 0.7 meets the threshold 0.7, and no model is live yet"),
        (UP, {"auc": 0.69}, None, GateVerdict.FAIL, "auc 0.69 misses the threshold 0.7"),
        (
            UP, {"f1": 0.9}, None, GateVerdict.INCONCLUSIVE,
            "auc is not in the evaluation (it has: f1)",
        ),
        (
            UP, {"auc": 0.79}, LIVE, GateVerdict.PASS,
            ("auc 0.79 meets the threshold 0.7 and is not worse than release 3's 0.8 on the same test data"
            " (tolerance 0.01)"),
        ),
        (
            UP, {"auc": 0.78}, LIVE, GateVerdict.FAIL,
            ("auc 0.78 meets the threshold 0.7, but is worse than release 3's 0.8 on the same test data"
            " (tolerance 0.01)"),
        ),
        (
            UP, {"auc": 0.9}, LiveModel(release=3, value=None), GateVerdict.INCONCLUSIVE,
            "auc 0.9 meets the threshold 0.7, but release 3, which is live, could not be measured",
        ),
        (
            UP, {"auc": 0.9}, LiveModel(release=3, value=0.8, same_data=False), GateVerdict.PASS,
            ("auc 0.9 meets the threshold 0.7 and is not worse than release 3's 0.8 as remembered"
            " from its own test data (tolerance 0.01)"),
        ),
        (DOWN, {"rmse": 10.0}, None, GateVerdict.PASS, "rmse 10 meets the threshold 10, and no model is live yet"),
        (DOWN, {"rmse": 10.1}, None, GateVerdict.FAIL, "rmse 10.1 misses the threshold 10"),
        (
            DOWN, {"rmse": 9.0}, LiveModel(release=1, value=8.9), GateVerdict.FAIL,
            "rmse 9 meets the threshold 10, but is worse than release 1's 8.9 on the same test data",
        ),
        (
            GateSettings(metric="auc"), {"auc": 0.1}, None, GateVerdict.PASS,
            "auc 0.1 (no threshold is set), and no model is live yet",
        ),
    ],
)  # fmt: skip
def test_one_decision(
    rule: GateSettings, found: dict[str, float], live: LiveModel | None, verdict: GateVerdict, sentence: str
) -> None:
    decision = judge(rule, found, live)
    assert (decision.verdict, decision.sentence) == (verdict, sentence)
    assert decision.passed is (verdict is GateVerdict.PASS)


def test_a_project_may_leave_the_champion_out() -> None:
    rule = GateSettings(metric="auc", threshold=0.7, champion=False)
    assert judge(rule, {"auc": 0.7}, LIVE).passed


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"metrics": {"auc": {"value": 0.5, "standard_deviation": 0.1}}}, {"auc": 0.5}),
        ({"metrics": {"auc": 1}}, {"auc": 1.0}),
        ({"metrics": {"auc": {"value": math.nan}, "f1": {"value": "0.9"}, "ok": {"value": True}}}, {}),
    ],
)
def test_metrics_are_finite_numbers(document: object, found: dict[str, float]) -> None:
    assert metrics(document) == found  # type: ignore[arg-type]


@pytest.mark.parametrize("document", [None, [], {}, {"metrics": []}])
def test_an_evaluation_without_metrics_is_refused(document: object) -> None:
    with pytest.raises(EvaluationInvalid, match="it has no object named 'metrics'"):
        metrics(document)  # type: ignore[arg-type]
