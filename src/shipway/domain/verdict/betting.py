"""Bets at fair odds against "the new version is no worse": what one block of answers does to the money.

Each function returns factors whose mean is at most 1 while that hypothesis is true: their product is an e-process.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, lgamma, log, log1p

from shipway.domain.verdict.state import Wealth

AT_ONCE = 0.8  # of the money is staked at the start; the rest later, for versions that turn bad after a while
LATER = 1 / 300  # of what is left is staked at each block
MOST = 1e60  # money beyond this is given away: giving away is always fair, and floats stay finite


def stake(weights: Sequence[float]) -> Wealth:
    """Return the money before the first block, one part for each bet. weights: add up to 1."""
    return Wealth(active=tuple(AT_ONCE * weight for weight in weights), reserve=1 - AT_ONCE)


def play(wealth: Wealth, weights: Sequence[float], factors: Sequence[float], *, counts: bool = True) -> Wealth:
    """Return the money after one block.

    factors: of each bet. counts: whether a new peak may be noted; when not, nothing can be rejected at this block.
    The money is a mixture over the kind of fault (bets) and over the block where it begins (the reserve).
    """
    fresh = wealth.reserve * LATER
    active = tuple(
        min((money + fresh * weight) * factor, MOST)
        for money, weight, factor in zip(wealth.active, weights, factors, strict=True)
    )
    reserve = wealth.reserve - fresh
    now = sum(active) + reserve
    return Wealth(active=active, reserve=reserve, peak=max(wealth.peak, now) if counts else wealth.peak)


@lru_cache(maxsize=65536)
def two_by_two(new: tuple[int, int], old: tuple[int, int], odds: tuple[float, ...]) -> tuple[float, ...]:
    """Return one factor for each odds ratio, from one block of both versions.

    new, old: (answers, bad ones) in the block. odds: ratios above 1 that are bet on.
    Given the answers of each and the bad ones of both, the bad ones of the new version are hypergeometric when the
    versions are alike, and Fisher's noncentral hypergeometric when the odds of a bad answer differ. The factor is the
    ratio of the two. It needs no estimate of the error rate, which may change from block to block, and as the ratio
    grows with the new version's bad answers, its mean stays at most 1 also when the new version is the better one.
    """
    (answers, bad), (others, others_bad) = new, old
    total = bad + others_bad
    least, most = max(0, total - others), min(total, answers)
    if least == most:
        return (1.0,) * len(odds)
    ways = [_log_choose(answers, x) + _log_choose(others, total - x) for x in range(least, most + 1)]
    alike = _log_sum(ways)
    return tuple(
        _exp(bad * log(ratio) + alike - _log_sum([way + x * log(ratio) for x, way in enumerate(ways, least)]))
        for ratio in odds
    )


def against_limit(answers: int, bad: int, limit: float, rate: float) -> float:
    """Return the factor of a bet on `rate` against "at most `limit`" (or "at least", when rate < limit).

    answers, bad: of one version in one block. limit: above 0, below 1. rate: 0..1.
    """
    if rate in (0.0, 1.0):  # a bet that each answer is bad (good) loses everything with the first that is not
        certain = bad if rate else answers - bad
        return _exp(-certain * log(limit if rate else 1 - limit)) if certain == answers else 0.0
    return _exp(bad * log(rate / limit) + (answers - bad) * (log1p(-rate) - log1p(-limit)))


def beyond_tolerance(new: tuple[int, int], old: tuple[int, int], rates: tuple[float, float], tolerance: float) -> float:
    """Return the factor of a bet that the new version's rate is `tolerance` above the old one's, or more.

    new, old: (answers, hits) of one block. rates: what is bet on, (new, old), each above 0 and below 1.
    The pair of rates is compared with the pair within tolerance that is nearest to it (in Kullback-Leibler divergence,
    weighted by the answers of each): with that one, the mean is at most 1 for every pair within tolerance.
    """
    high, low = rates
    if high - low <= tolerance or not new[0] or not old[0]:
        return 1.0
    base = _nearest(new[0], old[0], rates, tolerance)
    return against_limit(*new, base + tolerance, high) * against_limit(*old, base, low)


def _nearest(answers: int, others: int, rates: tuple[float, float], tolerance: float) -> float:
    """Return the old version's rate in the nearest pair (rate + tolerance, rate): the root of a rising derivative."""
    high, low = rates
    left, right = low, high - tolerance
    for _ in range(50):
        middle = (left + right) / 2
        shifted = middle + tolerance
        slope = answers * (shifted - high) / (shifted * (1 - shifted))
        slope += others * (middle - low) / (middle * (1 - middle))
        left, right = (left, middle) if slope > 0 else (middle, right)
    return (left + right) / 2


def times_odds(rate: float, ratio: float) -> float:
    """Return the rate whose odds are `ratio` times those of `rate`, 0..1."""
    return ratio * rate / (1 - rate + ratio * rate)


def _exp(power: float) -> float:
    return exp(min(power, log(MOST)))


def _log_choose(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)


def _log_sum(logs: list[float]) -> float:
    top = max(logs)
    return top + log(sum([exp(one - top) for one in logs]))
