"""From counts to what a plot shows: few bins, equally wide, over the range where nearly all rows are."""

import numpy as np

from shipway.domain.plot import Plot

from .kernel import Floats, Ints
from .plan import Plan

BINS = 48
BARS = 10
TAIL = 0.005  # share of the baseline's rows, and of the live ones, that may lie beyond either end
DIGITS = 4


def plot_of(plan: Plan, bins: Ints) -> Plot | None:
    """Return both distributions of a feature; None when one of them has no values."""
    if not plan.baseline[:-1].sum() or not bins[:-1].sum():
        return None
    return _numbers(plan, bins) if plan.numeric else _categories(plan, bins)


def _numbers(plan: Plan, bins: Ints) -> Plot | None:
    edges = plan.edges
    base, live = (_cumulated(counts) for counts in (plan.baseline, bins))
    if base is None or live is None:
        return None
    first = min(int(np.searchsorted(shares, TAIL)) for shares in (base, live))
    last = max(int(np.searchsorted(shares, 1 - TAIL)) for shares in (base, live))
    low, high = float(edges[max(0, first - 1)]), float(edges[min(len(edges) - 1, last)])
    if not high > low:
        low, high = low - 0.5, high + 0.5
    bounds = np.linspace(low, high, BINS + 1)
    base_shares, live_shares = (np.diff(np.interp(bounds, edges, shares)) for shares in (base, live))
    return Plot(baseline=_short(base_shares), live=_short(live_shares), bounds=(low, high))


def _cumulated(counts: Ints) -> Floats | None:
    """Return the share of finite values below each edge, shape (edges,)."""
    inside = counts[1:-3].astype(np.float64)
    total = inside.sum()
    return np.cumsum(inside)[:-1] / total if total else None


def _categories(plan: Plan, bins: Ints) -> Plot:
    """Return the most frequent categories of both, then all others."""
    base, live = (counts[:-1] / counts[:-1].sum() for counts in (plan.baseline, bins))
    order = np.argsort(-np.maximum(base[:-1], live[:-1]), kind="stable")[:BARS].tolist()
    names = [plan.categories[place] for place in order]
    rest = [max(0.0, 1 - sum(float(shares[place]) for place in order)) for shares in (base, live)]
    shown = [[float(shares[place]) for place in order] for shares in (base, live)]
    if max(rest) > TAIL:
        names.append("others")
        shown = [[*shares, left] for shares, left in zip(shown, rest, strict=True)]
    return Plot(baseline=_short(shown[0]), live=_short(shown[1]), names=tuple(names))


def _short(shares: Floats | list[float]) -> tuple[float, ...]:
    return tuple(round(float(share), DIGITS) for share in shares)
