"""The rule of drift: what is drift, what is stable, and what is neither; each figure against its formula."""

from dataclasses import replace
from math import exp, isclose, log, sqrt

import pytest

from shipway.domain.drift import (
    DAY,
    HOUR,
    WEEK,
    CategoricalGap,
    Comparison,
    DriftSettings,
    Horizon,
    HorizonDrift,
    Mode,
    NumericGap,
    Rule,
    decided,
    judge_categorical,
    judge_numeric,
    ranked,
)
from shipway.domain.drift.chance import chi2_limit, chi2_survival, share_error
from shipway.domain.drift.judge import Standing
from shipway.domain.drift.sagemaker import SagemakerGap, regrouped_test

TWENTY = DriftSettings(features=20)


@pytest.mark.parametrize(
    ("statistic", "degrees", "chance"),
    [  # 26.4.21 of Abramowitz and Stegun for even degrees: a sum in closed form; for one degree, erfc
        (0.0, 3, 1.0),
        (5.0, 0, 1.0),
        (2.0, 2, exp(-1)),
        (60.0, 4, exp(-30) * 31),
        (1400.0, 2, exp(-700)),
        (3.841458820694124, 1, 0.05),
        (30.143527205646144, 19, 0.05),
        (1074.6794467, 999, 0.04775),
    ],
)
def test_the_chi_squared_tail(statistic: float, degrees: int, chance: float) -> None:
    assert chi2_survival(statistic, degrees) == pytest.approx(chance, rel=2e-3)


@pytest.mark.parametrize("degrees", [1, 2, 9, 100, 2000])
@pytest.mark.parametrize("alpha", [0.05, 1e-3, 2e-6])
def test_the_bound_on_the_quantile_holds_and_is_no_waste(degrees: int, alpha: float) -> None:
    chance = chi2_survival(chi2_limit(alpha, degrees), degrees)
    assert alpha / 1000 < chance <= alpha


@pytest.mark.parametrize(("features", "constant"), [(20, 2.61), (151, 2.80)])
def test_the_constant_follows_from_the_budget(features: int, constant: float) -> None:
    settings = DriftSettings(features=features)
    assert settings.alpha == pytest.approx(0.1 / (720 * 3 * features))
    assert settings.constant == pytest.approx(constant, abs=0.01)
    assert isclose(settings.constant, sqrt(log(2 / settings.alpha) / 2))


def test_fewer_horizons_and_runs_share_the_budget_among_fewer() -> None:
    seldom = DriftSettings(features=20, horizons=(DAY,), windows=30)
    assert seldom.alpha == pytest.approx(0.1 / (30 * 1 * 20))
    assert seldom.constant < DriftSettings(features=20, horizons=(HOUR, DAY)).constant < TWENTY.constant
    assert [Horizon.of(each).name for each in (1, 6, 24, 48, 168, 36)] == ["1h", "6h", "24h", "2d", "7d", "36h"]


@pytest.mark.parametrize(
    ("distance", "baseline", "rows", "clustering", "standing"),
    [
        (0.12, 100_000, 1_000, 1.0, Standing.STABLE),  # 0.12 - 0.083 is within the tolerance
        (0.14, 100_000, 1_000, 1.0, Standing.DRIFT),
        (0.12, 100_000, 24_000, 1.0, Standing.DRIFT),
        (0.049, 1_000_000, 10_000_000, 1.0, Standing.STABLE),  # certain, and of no concern
        (0.90, 100_000, 499, 1.0, Standing.INSUFFICIENT),
        (0.90, 100_000, 9_000, 20.0, Standing.INSUFFICIENT),  # 450 independent rows
        (0.90, 100_000, 11_000, 20.0, Standing.DRIFT),
        (0.14, 100_000, 11_000, 20.0, Standing.STABLE),
        (0.90, 100_000, 9_000, None, Standing.INSUFFICIENT),  # nobody knows how clustered they are
        (0.90, 0, 9_000, 1.0, Standing.INSUFFICIENT),
        (0.0, 742, 0, 1.0, Standing.INSUFFICIENT),
    ],
)
def test_a_numeric_feature(
    distance: float, baseline: int, rows: int, clustering: float | None, standing: Standing
) -> None:
    gap = NumericGap(distance=distance, baseline=baseline, rows=rows, clustering=clustering)
    assert judge_numeric(gap, HOUR, Rule(), TWENTY).standing is standing


def test_what_could_have_been_told_is_said() -> None:
    seen = judge_numeric(NumericGap(distance=0.0, baseline=741, rows=1000), HOUR, Rule(), DriftSettings(features=151))
    assert seen.detectable == pytest.approx(0.19, abs=0.01)
    assert judge_numeric(NumericGap(distance=0.0, baseline=741, rows=10), HOUR, Rule(), TWENTY).detectable is None


@pytest.mark.parametrize(
    ("variation", "expected", "chi2", "clustering", "standing"),
    [
        (0.12, 0.02, 200.0, 1.0, Standing.DRIFT),
        (0.12, 0.08, 200.0, 1.0, Standing.STABLE),  # certain, and of no concern
        (0.12, 0.02, 30.0, 1.0, Standing.STABLE),  # large, and may be chance
        (0.12, 0.02, 200.0, 10.0, Standing.STABLE),  # 200 is 20 when rows come in tens
    ],
)
def test_a_feature_of_categories_passes_two_gates(
    variation: float, expected: float, chi2: float, clustering: float, standing: Standing
) -> None:
    gap = CategoricalGap(
        variation=variation,
        expected=expected,
        chi2=chi2,
        degrees=9,
        baseline=100_000,
        rows=10_000,
        clustering=clustering,
    )
    seen = judge_categorical(gap, HOUR, Rule(), TWENTY)
    assert seen.standing is standing
    assert (seen.score > seen.tolerance) is (standing is Standing.DRIFT)


def test_what_is_not_to_be_compared_is_skipped() -> None:
    gap = NumericGap(distance=0.9, baseline=1000, rows=1000)
    assert judge_numeric(gap, HOUR, Rule(compare=False), TWENTY).standing is Standing.SKIPPED


SAGEMAKER = replace(TWENTY, mode=Mode.SAGEMAKER)


@pytest.mark.parametrize(
    ("comparison", "distance", "rows", "p", "score", "drift"),
    [
        (Comparison.SIMPLE, 0.11, 50, 1.0, 0.11, True),
        (Comparison.ROBUST, 0.11, 50, 1.0, 0.0, False),
        (Comparison.ROBUST, 0.20, 1000, 1.0, 0.2 - 1.8 * sqrt(2 / 1000), True),
        (Comparison.ROBUST, 0.15, 1000, 1.0, 0.15 - 1.8 * sqrt(2 / 1000), False),
        (Comparison.L_INFINITY, 0.20, 1000, 1.0, 0.2 - 1.8 * sqrt(2 / 1000), True),
        (Comparison.CHI_SQUARED, 0.01, 1000, 0.04, 0.04, True),
        (Comparison.CHI_SQUARED, 0.90, 1000, 0.2, 0.2, False),
    ],
)
def test_the_sagemaker_mode_has_its_numbers(
    comparison: Comparison, distance: float, rows: int, p: float, score: float, *, drift: bool
) -> None:
    theirs = SagemakerGap(distance=distance, baseline=1000, rows=rows, p=p)
    rule = Rule(tolerance=0.1, numeric=comparison)
    seen = judge_numeric(NumericGap(distance=0.5, baseline=1000, rows=rows, sagemaker=theirs), HOUR, rule, SAGEMAKER)
    assert seen.score == pytest.approx(score)
    assert seen.standing is (Standing.DRIFT if drift else Standing.STABLE)


def test_rare_categories_are_put_together_before_the_test() -> None:
    baseline = {"a": 5000, "b": 4900, **{f"rare{i}": 5 for i in range(20)}}
    alike = {"a": 500, "b": 490, **{f"rare{i}": 0 for i in range(19)}, "rare19": 10}
    assert regrouped_test(alike, baseline) == pytest.approx(1.0, abs=1e-6)
    assert regrouped_test({"a": 400, "b": 590, "rare1": 10}, baseline) < 1e-6
    assert regrouped_test({"new": 9}, baseline) == regrouped_test({"a": 9}, {"a": 9}) == 1.0


def seen(standing: Standing, score: float = 0.0, tolerance: float = 0.05, detectable: float = 0.1) -> HorizonDrift:
    return HorizonDrift(
        horizon="1h",
        standing=standing,
        rows=1000,
        effective=1000,
        clustering=1.0,
        distance=score + 0.01,
        score=score,
        tolerance=tolerance,
        p=0.5,
        detectable=detectable,
    )


def test_the_worst_feature_comes_first() -> None:
    features = {
        "skipped": [seen(Standing.SKIPPED)],
        "few rows": [seen(Standing.INSUFFICIENT)],
        "stable": [seen(Standing.STABLE, 0.01)],
        "drifted": [seen(Standing.STABLE), seen(Standing.DRIFT, 0.06)],
        "tight": [seen(Standing.DRIFT, 0.05, tolerance=0.01)],
    }
    assert ranked(features) == ["tight", "drifted", "stable", "few rows", "skipped"]


def test_the_window_that_sees_most_speaks_for_a_stable_feature() -> None:
    hour, day = seen(Standing.INSUFFICIENT), replace(seen(Standing.STABLE, detectable=0.07), horizon="24h")
    week = replace(seen(Standing.STABLE, detectable=0.06), horizon="7d")
    assert decided([hour, day, week]) is week
    assert decided([hour, hour]) is hour


def test_horizons_are_an_hour_a_day_and_a_week() -> None:
    assert [horizon.hours for horizon in (HOUR, DAY, WEEK)] == [1, 24, 168]


def test_a_shares_error_is_bernsteins() -> None:
    assert share_error(0.5, 1e-6, 1 / 1000) == pytest.approx(sqrt(2 * log(1e6) * 0.25 / 1000) + log(1e6) / 3000)
