"""From counts to distances: exact figures of two rows of counts, and how clustered rows are."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shipway.domain.drift.judge import CategoricalGap, NumericGap, variance_of
from shipway.domain.drift.sagemaker import SagemakerGap, regrouped_test

from .counts import Counts
from .kernel import Floats, Ints
from .plan import Plan

Gap = NumericGap | CategoricalGap


def gap(plan: Plan, counts: Counts, clustering: float | None) -> Gap:
    """Return how far some rows are from the baseline. clustering: None when nobody knows."""
    measure = numeric_gap if plan.numeric else categorical_gap
    return measure(plan, counts.bins, clustering)


def numeric_gap(plan: Plan, bins: Ints, clustering: float | None) -> NumericGap:
    """Return the distance of a numeric feature: over all bins in order, the missing values last."""
    inner = slice(0, -2)
    return NumericGap(
        distance=float(ks_distance(plan.baseline, bins)),
        baseline=plan.rows,
        rows=int(bins.sum()),
        clustering=clustering,
        sagemaker=SagemakerGap(
            distance=float(ks_distance(plan.baseline[inner], bins[inner])),
            baseline=int(plan.baseline[inner].sum()),
            rows=int(bins[inner].sum()),
        ),
    )


def ks_distance(baseline: Ints, window: Ints) -> npt.NDArray[np.float64]:
    """Return the largest gap between cumulative shares, 0..1, for counts of shape (..., bins); 0 without rows."""
    ends = np.cumsum(window, axis=-1)
    base = np.cumsum(baseline, axis=-1)
    shares = base / np.maximum(base[..., -1:], 1)
    gaps: Floats = np.abs(ends / np.maximum(ends[..., -1:], 1) - shares)
    return np.asarray(gaps.max(axis=-1), dtype=np.float64)


def categorical_gap(plan: Plan, bins: Ints, clustering: float | None) -> CategoricalGap:
    """Return the distances of a feature of categories; unknown and missing ones are categories too."""
    base = plan.baseline
    rows, others = int(bins.sum()), int(base.sum())
    chi2, degrees = pooled_chi2(base, bins)
    largest = np.abs(_shares(bins[:-1]) - _shares(base[:-1])).max()
    named = [*plan.categories, "\0others"]
    return CategoricalGap(
        variation=float(np.abs(_shares(bins) - _shares(base)).sum() / 2),
        expected=expected_variation(base, bins, variance_of(others, rows, clustering or 1.0)),
        chi2=chi2,
        degrees=degrees,
        baseline=others,
        rows=rows,
        clustering=clustering,
        sagemaker=SagemakerGap(
            distance=float(largest),
            baseline=int(base[:-1].sum()),
            rows=int(bins[:-1].sum()),
            p=regrouped_test(_named(named, bins), _named(named, base)),
        ),
    )


def expected_variation(baseline: Ints, window: Ints, variance: float) -> float:
    """Return the mean total variation between two samples of one distribution, a little more rather than less.

    variance: 1/n + clustering/m. A difference of shares is about normal, so its mean size is sqrt(2 / pi) deviations;
    for a rare category it is no larger than the two shares together.
    """
    pooled = _shares(baseline + window)
    normal = np.sqrt(2 / np.pi * pooled * (1 - pooled) * variance)
    return float(np.minimum(normal, 2 * pooled).sum() / 2)


def pooled_chi2(baseline: Ints, window: Ints) -> tuple[float, int]:
    """Return the chi-squared statistic of two samples and its degrees of freedom."""
    return dispersion(np.stack((baseline, window)))


def dispersion(blocks: Ints) -> tuple[float, int]:
    """Return the chi-squared statistic of the groups between blocks, and its degrees of freedom.

    blocks: rows by block and group, shape (blocks, groups). Their ratio is about 1 for independent rows, and about k
    for rows that come in runs of k copies.
    """
    table = blocks[blocks.sum(axis=1) > 0].astype(np.float64)
    table = table[:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return 0.0, 0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    return float(((table - expected) ** 2 / expected).sum()), (table.shape[0] - 1) * (table.shape[1] - 1)


def clustering(hours: Sequence[Counts]) -> float | None:
    """Return the clustering of a feature's rows, >= 1: the mean dispersion between the blocks of each hour.

    hours: of the last week. Where each hour's rows came in one block, the hours are the blocks; None when that leaves
    nothing to compare: rows of a single moment may all be one.
    """
    tables = [one.blocks for one in hours if _blocks(one.blocks) > 1]
    if not tables and hours:
        tables = [np.stack([one.blocks.sum(axis=0) for one in hours])]
    if not any(_blocks(table) > 1 for table in tables):
        return None
    found = [dispersion(table) for table in tables]
    degrees = sum(each for _, each in found)  # 0 for a feature that never varies
    return max(1.0, sum(statistic for statistic, _ in found) / degrees) if degrees else 1.0


def _blocks(table: Ints) -> int:
    return int(np.count_nonzero(table.sum(axis=1)))


def stability_index(plan: Plan, bins: Ints) -> float:
    """Return the population stability index over tenths of the baseline (or categories); for reading only."""
    groups = plan.groups if plan.numeric else np.arange(plan.bins)
    base, seen = (_shares(_grouped(groups, counts) + 0.5) for counts in (plan.baseline, bins))
    return float(((seen - base) * np.log(seen / base)).sum())


def wasserstein(plan: Plan, bins: Ints) -> float | None:
    """Return the Wasserstein distance in baseline deviations, from counts between edges; for reading only."""
    if not plan.numeric or not plan.deviation or len(plan.edges) < 2:
        return None
    inside = slice(1, -3)
    between = np.cumsum(_shares(bins[inside]) - _shares(plan.baseline[inside]))[:-1]
    with np.errstate(over="ignore", invalid="ignore"):
        moved = float((np.abs((between[:-1] + between[1:]) / 2) * np.diff(plan.edges)).sum() / plan.deviation)
    return moved if np.isfinite(moved) else None


def _shares(counts: npt.NDArray[np.int64] | Floats) -> Floats:
    total = counts.sum()
    return counts / total if total else np.zeros(counts.shape)


def _grouped(groups: Ints, counts: Ints) -> Floats:
    return np.bincount(groups, weights=counts).astype(np.float64)


def _named(names: Sequence[str], bins: Ints) -> dict[str, int]:
    return {name: int(rows) for name, rows in zip(names, bins[:-1], strict=True) if rows}
