"""One feature in one window: its distance from the baseline, the distance's error, and what follows from both."""

from dataclasses import dataclass
from enum import StrEnum
from math import exp, sqrt

from shipway.domain.drift.chance import chi2_limit, chi2_survival
from shipway.domain.drift.sagemaker import SagemakerGap, judge_sagemaker
from shipway.domain.drift.settings import DriftSettings, Horizon, Mode, Rule

EDGE = 4.0  # deviations of a total variation that is just the tolerance; once in 30,000 it is exceeded by chance
NOTHING = 1e9  # 1/rows of no rows: nothing follows from them


class Standing(StrEnum):
    """`insufficient` is neither: too few rows to say anything, which is never taken for `stable`."""

    DRIFT = "drift"
    STABLE = "stable"
    INSUFFICIENT = "insufficient"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericGap:
    """What was measured for a numeric feature.

    distance: largest gap between the two cumulative distributions (Kolmogorov-Smirnov), missing values included, 0..1.
    baseline, rows: how many rows each has. clustering: variance of a count over that of independent rows, >= 1; None
    when it could not be measured. sagemaker: the same for the values alone, as Model Monitor compares.
    """

    distance: float
    baseline: int
    rows: int
    clustering: float | None = 1.0
    sagemaker: SagemakerGap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoricalGap:
    """What was measured for a feature of categories; the missing and the unseen are categories too.

    variation: total variation distance, 0..1. expected: what it would be on average without drift, 0..1, the
    clustering included. chi2, degrees: the pooled two-sample statistic, as if rows were independent.
    baseline, rows, clustering, sagemaker: as in NumericGap.
    """

    variation: float
    expected: float
    chi2: float
    degrees: int
    baseline: int
    rows: int
    clustering: float | None = 1.0
    sagemaker: SagemakerGap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizonDrift:
    """One feature in one window.

    rows, effective: rows, and the independent rows that they are worth. distance: KS, or total variation for
    categories. score: what of it can't be chance; drift is a score above the tolerance. p: chance of such a distance
    without drift, at most. detectable: smallest distance that this window would have told, None if it tells nothing.
    """

    horizon: str
    standing: Standing
    rows: int
    effective: float
    clustering: float | None
    distance: float
    score: float
    tolerance: float
    p: float
    detectable: float | None = None


def judge_numeric(gap: NumericGap, horizon: Horizon, rule: Rule, settings: DriftSettings) -> HorizonDrift:
    """Return how a numeric feature stands: drift when distance - c * sqrt(1/n + clustering/m) is above the tolerance.

    Model Monitor's "Robust" with a constant that follows from the budget, and with the clustering of the rows.
    Sources: Massey, "The Kolmogorov-Smirnov Test for Goodness of Fit", JASA 46 (1951); Massart (1990) for the constant.
    """
    if settings.mode is Mode.SAGEMAKER:
        return _as_sagemaker(gap, horizon, rule.numeric, rule)
    variance = variance_of(gap.baseline, gap.rows, gap.clustering or 1.0)
    error = settings.constant * sqrt(variance)
    p = min(1.0, 2 * exp(-2 * gap.distance**2 / variance))
    return _told(gap, horizon, rule, settings, (gap.distance, gap.distance - error, p, rule.tolerance + error))


def judge_categorical(gap: CategoricalGap, horizon: Horizon, rule: Rule, settings: DriftSettings) -> HorizonDrift:
    """Return how a feature of categories stands: drift when two gates are passed.

    The chi-squared test must reject at alpha, so that it is no chance; and the total variation, less what sampling
    gives on average and less EDGE deviations of it, must be above the tolerance, so that it matters: a feature that
    moves to and fro within the tolerance is quiet, too. The score is that excess, and 0 where the test holds.
    A total variation is the difference of a share, whose deviation is sqrt(1/n + clustering/m) / 2 at most.
    """
    if settings.mode is Mode.SAGEMAKER:
        return _as_sagemaker(gap, horizon, rule.categorical, rule)
    variance = variance_of(gap.baseline, gap.rows, gap.clustering or 1.0)
    # The statistic has 1/n + 1/m for the variance of a difference; with clustered rows the variance is larger.
    p = chi2_survival(gap.chi2 * variance_of(gap.baseline, gap.rows, 1.0) / variance, gap.degrees)
    error = gap.expected + EDGE * sqrt(variance) / 2
    score = gap.variation - error if p < settings.alpha else 0.0
    # Moving d of the mass gives a statistic of 4 d^2 / variance at least (Cauchy-Schwarz), on top of its mean.
    excess = chi2_limit(settings.alpha, gap.degrees) - gap.degrees
    detectable = max(rule.tolerance + error, sqrt(excess * variance / 4))
    return _told(gap, horizon, rule, settings, (gap.variation, score, p, detectable))


def variance_of(baseline: int, rows: int, clustering: float) -> float:
    """Return 1/n + clustering/m: the variance of a difference of two shares, but for the share's own part."""
    return (1 / baseline if baseline else NOTHING) + (clustering / rows if rows else NOTHING)


def _told(
    gap: NumericGap | CategoricalGap,
    horizon: Horizon,
    rule: Rule,
    settings: DriftSettings,
    figures: tuple[float, float, float, float],
) -> HorizonDrift:
    """Return the standing that figures = (distance, score, p, detectable) mean, unless there is too little to tell."""
    distance, score, p, detectable = figures
    effective = gap.rows / gap.clustering if gap.clustering else 0.0
    enough = effective >= settings.least_rows and gap.baseline > 0
    return HorizonDrift(
        horizon=horizon.name,
        standing=_standing(rule, enough, score),
        rows=gap.rows,
        effective=effective,
        clustering=gap.clustering,
        distance=distance,
        score=max(0.0, score) if enough else 0.0,
        tolerance=rule.tolerance,
        p=p,
        detectable=detectable if enough and detectable < 1 else None,
    )


def _standing(rule: Rule, enough: bool, score: float) -> Standing:
    if not rule.compare:
        return Standing.SKIPPED
    if not enough:
        return Standing.INSUFFICIENT
    return Standing.DRIFT if score > rule.tolerance else Standing.STABLE


def _as_sagemaker(gap: NumericGap | CategoricalGap, horizon: Horizon, comparison: str, rule: Rule) -> HorizonDrift:
    """Return what Model Monitor would say: any number of rows will do, and none are clustered."""
    seen = gap.sagemaker or SagemakerGap()
    distance, found = judge_sagemaker(seen, comparison, rule.tolerance)
    return HorizonDrift(
        horizon=horizon.name,
        standing=_standing(rule, seen.rows > 0 and seen.baseline > 0, rule.tolerance + 1 if found else 0.0),
        rows=gap.rows,
        effective=gap.rows,
        clustering=None,
        distance=seen.distance,
        score=distance,
        tolerance=rule.tolerance,
        p=seen.p,
    )
