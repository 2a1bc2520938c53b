"""From counts to distances: exact figures of two rows of counts, and how clustered rows are."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shipway.domain.drift import Mode
from shipway.domain.drift.judge import CategoricalGap, NumericGap, variance_of
from shipway.domain.drift.sagemaker import SagemakerGap, regrouped_test

from .counts import Counts
from .kernel import Floats, Ints
from .plan import Plan

Gap = NumericGap | CategoricalGap
SHORT = 0.1  # of the rows that a block has in the mean; shorter ones say nothing of clustering by themselves
RARE = 0.01  # of an hour's rows; rarer groups don't either


def gap(plan: Plan, counts: Counts, clustering: float | None, mode: Mode = Mode.SHIPWAY) -> Gap:
    """Return how far some rows are from the baseline. clustering: None when nobody knows.

    Model Monitor's own numbers are measured in its mode alone.
    """
    if mode is Mode.SAGEMAKER:
        theirs = sagemaker_gap(plan, counts.bins)
        return NumericGap(distance=0.0, baseline=plan.rows, rows=counts.rows, sagemaker=theirs)
    if plan.numeric:
        return numeric_gap(plan, counts.bins, clustering)
    return categorical_gap(*with_unknown(plan, counts), clustering)


def with_unknown(plan: Plan, counts: Counts) -> tuple[Ints, Ints]:
    """Return rows by category of the baseline and of the window, the window's new categories among them.

    Each new one is a category of its own. All of them as one would look like drift wherever a small baseline did not
    happen to have the rare ones.
    """
    new = np.array(list(counts.unknown.values()), dtype=np.int64)
    base = np.concatenate((plan.baseline[:-2], np.zeros(len(new), dtype=np.int64), plan.baseline[-2:]))
    rest = np.array([counts.bins[-2] - new.sum(), counts.bins[-1]])
    return base, np.concatenate((counts.bins[:-2], new, rest))


def numeric_gap(plan: Plan, bins: Ints, clustering: float | None) -> NumericGap:
    """Return the distance of a numeric feature: over all bins in order, the missing values last."""
    distance = float(ks_distance(plan.baseline, bins))
    return NumericGap(distance=distance, baseline=plan.rows, rows=int(bins.sum()), clustering=clustering)


def sagemaker_gap(plan: Plan, bins: Ints) -> SagemakerGap:
    """Return what Model Monitor measures: of the values alone, without missing ones."""
    inner = slice(0, -2) if plan.numeric else slice(0, -1)
    base, live = plan.baseline[inner], bins[inner]
    rows, others = int(live.sum()), int(base.sum())
    if plan.numeric:
        return SagemakerGap(distance=float(ks_distance(base, live)), baseline=others, rows=rows)
    names = [*plan.categories, "\0others"]
    return SagemakerGap(
        distance=float(np.abs(_shares(live) - _shares(base)).max()),
        baseline=others,
        rows=rows,
        p=regrouped_test(_named(names, live), _named(names, base)),
    )


def ks_distance(baseline: Ints, window: Ints) -> npt.NDArray[np.float64]:
    """Return the largest gap between cumulative shares, 0..1, for counts of shape (..., bins); 0 without rows."""
    ends = np.cumsum(window, axis=-1)
    base = np.cumsum(baseline, axis=-1)
    shares = base / np.maximum(base[..., -1:], 1)
    gaps: Floats = np.abs(ends / np.maximum(ends[..., -1:], 1) - shares)
    return np.asarray(gaps.max(axis=-1), dtype=np.float64)


def categorical_gap(base: Ints, bins: Ints, clustering: float | None) -> CategoricalGap:
    """Return the distances of a feature of categories. base, bins: rows of each, the missing ones among them."""
    rows, others = int(bins.sum()), int(base.sum())
    chi2, degrees = dispersion(np.stack((base, bins)))
    return CategoricalGap(
        variation=float(total_variation(base, bins)),
        expected=expected_variation(base, bins, variance_of(others, rows, clustering or 1.0)),
        chi2=float(chi2),
        degrees=int(degrees),
        baseline=others,
        rows=rows,
        clustering=clustering,
    )


def total_variation(baseline: Ints, window: Ints) -> Floats:
    """Return half the sum of the differences of shares, 0..1, for counts of shape (..., bins); 0 without rows."""
    rows = window.sum(axis=-1, keepdims=True)
    differences: Floats = np.abs(window / np.maximum(rows, 1) - baseline / np.maximum(baseline.sum(), 1))
    return np.asarray(differences.sum(axis=-1) / 2 * (rows[..., 0] > 0), dtype=np.float64)


def expected_variation(baseline: Ints, window: Ints, variance: float) -> float:
    """Return the mean total variation between two samples of one distribution, a little more rather than less.

    variance: 1/n + clustering/m. A difference of shares is about normal, so its mean size is sqrt(2 / pi) deviations;
    for a rare category it is no larger than the two shares together.
    """
    pooled = _shares(baseline + window)
    normal = np.sqrt(2 / np.pi * pooled * (1 - pooled) * variance)
    return float(np.minimum(normal, 2 * pooled).sum() / 2)


def dispersion(blocks: Ints) -> tuple[Floats, Ints]:
    """Return the chi-squared statistic of the groups between blocks, and its degrees of freedom.

    blocks: rows by block and group, shape (..., blocks, groups). The ratio of what comes back is about 1 for
    independent rows, and about k for rows that come in runs of k copies. Two blocks are two samples.
    """
    table = blocks.astype(np.float64)
    by_block, by_group = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    rows = np.maximum(by_block.sum(axis=-2, keepdims=True), 1)
    expected = by_block * by_group / rows
    # sum of (O - E)^2 / E = sum of O^2 / E less the rows; cells that nothing is expected in are empty.
    parts = np.divide(table * table, expected, out=np.zeros_like(table), where=expected > 0)
    statistic = parts.sum(axis=(-2, -1)) - by_block.sum(axis=(-2, -1))
    several, kinds = (by_block > 0).sum(axis=(-2, -1)), (by_group > 0).sum(axis=(-2, -1))
    degrees = np.maximum(several - 1, 0) * np.maximum(kinds - 1, 0)
    return np.maximum(statistic, 0.0) * (degrees > 0), degrees


def dense(blocks: Ints) -> Ints:
    """Return the blocks without cells in which hardly a row is expected; the last one holds what short ones had.

    One row in a cell where a thousandth is expected counts a thousand: such cells would make of a straggler a cluster.
    Blocks far shorter than others become one, so that bursts still have a rest to compare with; groups with hardly a
    share of the rows, and a rest that is short itself, are left out. The margins alone decide, so no outcome is
    favoured. blocks: shape (..., blocks, groups); what comes back has one block more.
    Source: Cochran, "Some Methods for Strengthening the Common Chi-Squared Tests", Biometrics 10 (1954).
    """
    by_block = blocks.sum(axis=-1, keepdims=True)
    enough = SHORT * by_block.sum(axis=-2, keepdims=True) / np.maximum((by_block > 0).sum(axis=-2, keepdims=True), 1)
    rest = (blocks * (by_block < enough)).sum(axis=-2, keepdims=True)
    rest = rest * (rest.sum(axis=-1, keepdims=True) >= enough)
    kept = np.concatenate((blocks * (by_block >= enough), rest), axis=-2)
    by_group = kept.sum(axis=-2, keepdims=True)
    found: Ints = kept * (by_group >= RARE * by_group.sum(axis=-1, keepdims=True))
    return found


def clustering(hours: Sequence[Counts]) -> float | None:
    """Return the clustering of a feature's rows, >= 1: the mean dispersion between the blocks of each hour.

    hours: of the last week. Where each hour's rows came in one block, the hours are the blocks; None when that leaves
    nothing to compare: rows of a single moment may all be one.
    """
    if not hours:
        return None
    tables = dense(np.stack([one.blocks for one in hours]))
    several = (tables.sum(axis=-1) > 0).sum(axis=-1) > 1
    if not several.any():
        tables, several = tables.sum(axis=1)[None], np.array([len(hours) > 1])
    if not several.any() or (tables.sum(axis=-1) > 0).sum() < 2:
        return None
    statistic, degrees = dispersion(tables[several])
    many = int(degrees.sum())  # 0 for a feature that never varies
    return max(1.0, float(statistic.sum()) / many) if many else 1.0


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
    return {name: int(rows) for name, rows in zip(names, bins, strict=True) if rows}
