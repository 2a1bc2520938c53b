"""Model Monitor's own numbers, for those who want them: Deequ's distances and its regrouped chi-squared test."""

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from shipway.domain.drift.chance import chi2_survival
from shipway.domain.drift.settings import Comparison

ROBUST_CONSTANT = 1.8  # a chance of 0.003 for one feature in one window
FEW, FEW_OF_TWO = 5, 10  # expected rows below which categories are put together; FEW_OF_TWO when there are but two
FEW_SHARE = 0.2  # of the categories may have fewer than FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class SagemakerGap:
    """Values alone, without missing ones. distance: KS or L-infinity, 0..1. p: of `regrouped_test`."""

    distance: float = 0.0
    baseline: int = 0
    rows: int = 0
    p: float = 1.0


def judge_sagemaker(gap: SagemakerGap, comparison: str, threshold: float) -> tuple[float, bool]:
    """Return the number that Model Monitor would publish, and whether it is a violation.

    Simple: the distance. Robust, and L-infinity: less 1.8 * sqrt((n + m) / (n m)). Chi-squared: the p-value, which is
    a violation below the threshold.
    Source: awslabs/deequ, Distance.scala, by reading. Repeated values keep all of their weight here; there, a map by
    value keeps one weight of each, which makes two columns of 0 and 1 equal whatever their means.
    """
    if comparison == Comparison.CHI_SQUARED:
        return gap.p, gap.p < threshold
    if comparison == Comparison.SIMPLE:
        return gap.distance, gap.distance > threshold
    if not gap.baseline or not gap.rows:
        return 0.0, False
    robust = max(0.0, gap.distance - ROBUST_CONSTANT * sqrt((gap.baseline + gap.rows) / (gap.baseline * gap.rows)))
    return robust, robust > threshold


def regrouped_test(sample: Mapping[str, int], baseline: Mapping[str, int]) -> float:
    """Return the p-value of a one-sample chi-squared test, rare categories put together until the table is fit for it.

    sample, baseline: category -> rows. Categories that the baseline does not have are left out. 1 when fewer than two
    categories remain. The baseline is taken as exact, as there.
    """
    total = sum(baseline.values())
    rows = sum(count for name, count in sample.items() if name in baseline)
    if not total or not rows:
        return 1.0
    cells = sorted((count / total * rows, float(sample.get(name, 0))) for name, count in baseline.items())
    while len(cells) > 1 and _too_rare(cells):
        (expected, seen), (other_expected, other_seen) = cells[:2]
        del cells[:2]
        insort(cells, (expected + other_expected, seen + other_seen))
    if len(cells) < 2:
        return 1.0
    return chi2_survival(sum((seen - expected) ** 2 / expected for expected, seen in cells if expected), len(cells) - 1)


def _too_rare(cells: list[tuple[float, float]]) -> bool:
    if len(cells) == 2:
        return any(expected < FEW_OF_TWO for expected, _ in cells)
    return sum(expected < FEW for expected, _ in cells) > int(FEW_SHARE * len(cells))
