"""The tests, each from a block of both versions (or of one second of the new one alone) to its new evidence."""

from itertools import accumulate

from shipway.domain.verdict.betting import against_limit, beyond_tolerance, play, stake, times_odds, two_by_two
from shipway.domain.verdict.evidence import BINS, EDGES, Counts, latency_bin
from shipway.domain.verdict.settings import Settings, Test
from shipway.domain.verdict.state import Wealth

ERROR_ODDS, ERROR_WEIGHTS = (2.5, 8.0, 40.0), (0.2, 0.5, 0.3)
QUANTILES = (0.5, 0.9, 0.99)  # of the live version's latency: the body, the slow ones, the tail
SLOWER_ODDS = (3.0, 12.0)
LATENCY_WEIGHTS = (1 / 6,) * 6  # each quantile with each of the odds
WORSE_ODDS = (5.0, 20.0)
CAP_WEIGHTS = (0.5, 0.25, 0.25)  # every answer bad; 5 and 20 times the odds
MIX_WEIGHTS = (1.0,)
HISTORY = 20  # answers of the live version before anything is measured against its distribution
PRIOR = 10.0  # answers' worth of "the new version predicts as the live one does"
WEIGHTS = {
    Test.ERRORS: ERROR_WEIGHTS,
    Test.CAP: CAP_WEIGHTS,
    Test.LATENCY: LATENCY_WEIGHTS,
    Test.SLOW: CAP_WEIGHTS,
    Test.PREDICTIONS: MIX_WEIGHTS,
}


def start(test: Test) -> Wealth:
    """Return a test's evidence before anything was seen."""
    return stake(WEIGHTS[test])


def errors(wealth: Wealth, new: Counts, old: Counts) -> Wealth:
    """Return the evidence that the new version fails more often than the live one does, after one block of both."""
    pair = (new.judged, new.server_errors), (old.judged, old.server_errors)
    return play(wealth, ERROR_WEIGHTS, two_by_two(*pair, ERROR_ODDS))


def cap(wealth: Wealth, answers: int, bad: int, limit: float, *, counts: bool) -> Wealth:
    """Return the evidence that more than `limit` of the new version's answers are bad, after one second of them.

    counts: whether this second may reject the version (it may not while it looks better than the live one).
    """
    if not answers or limit >= 1:
        return wealth
    rates = (1.0, *(times_odds(limit, ratio) for ratio in WORSE_ODDS))
    return play(wealth, CAP_WEIGHTS, [against_limit(answers, bad, limit, rate) for rate in rates], counts=counts)


def latency(wealth: Wealth, new: Counts, old: Counts, history: Counts, settings: Settings) -> Wealth:
    """Return the evidence that the new version is slower than tolerated, after one block of both.

    history: the live version's answers before this block; they alone say what counts as slow. An answer of the live
    version is slow above one of its quantiles, one of the new version only above that with the tolerance added.
    """
    if not new.latency or not old.latency or sum(history.latency) < HISTORY:
        return wealth
    rising = list(accumulate(history.latency))
    factors: list[float] = []
    for quantile in QUANTILES:
        edge = next(edge for edge, count in enumerate(rising) if count >= quantile * rising[-1])
        ours = _above(new.latency, tolerated(edge, settings))
        factors += two_by_two(ours, _above(old.latency, edge), SLOWER_ODDS)
    return play(wealth, LATENCY_WEIGHTS, factors)


def tolerated(edge: int, settings: Settings) -> int:
    """Return the bin up to which the new version is fast enough where the live one is within bin `edge`."""
    if edge >= BINS - 1:
        return BINS - 1
    limit = max(EDGES[edge] * settings.latency_ratio, EDGES[edge] + settings.latency_slack)
    return latency_bin(limit * (1 - 1e-6))


def slow(counts: Counts, settings: Settings) -> int:
    """Return how many answers took longer than `max_latency`, rounded up to an edge; 0 without such a limit."""
    if settings.max_latency is None or not counts.latency:
        return 0
    return _above(counts.latency, latency_bin(settings.max_latency * (1 - 1e-6)))[1]


def predictions(
    wealth: Wealth, block: tuple[Counts, Counts], before: tuple[Counts, Counts], tolerance: float
) -> Wealth:
    """Return the evidence that the mix of predictions moved by more than `tolerance`, after one block of both.

    block, before: (new, live) in this block and before it. From what came before, the bins that the new version fills
    more than the live one are guessed; within tolerance no set of bins can gain more than that.
    """
    new, old = block[0].predictions, block[1].predictions
    past = before[1].predictions
    if not new or not old or not past or sum(past) < HISTORY:
        return wealth
    width = max(len(new), len(old), len(past), len(before[0].predictions or ()))
    live = _shares(past, [1 / width] * width, 1.0)
    ours = _shares(before[0].predictions or (), live, PRIOR)
    gained = [at for at in range(width) if ours[at] > live[at]]
    rates = sum(ours[at] for at in gained), sum(live[at] for at in gained)
    clipped = min(max(rates[0], 1e-4), 1 - 1e-4), min(max(rates[1], 1e-4), 1 - 1e-4)
    return play(wealth, MIX_WEIGHTS, [beyond_tolerance(_hits(new, gained), _hits(old, gained), clipped, tolerance)])


def distance(new: Counts, old: Counts) -> float:
    """Return the share of predictions that moved to other bins, 0..1 (total variation)."""
    ours, theirs = new.predictions or (), old.predictions or ()
    if not sum(ours) or not sum(theirs):
        return 0.0
    width = max(len(ours), len(theirs))
    pairs = zip(_shares(ours, [0.0] * width, 0.0), _shares(theirs, [0.0] * width, 0.0), strict=True)
    return sum(abs(one - other) for one, other in pairs) / 2


def quantile(counts: Counts, share: float) -> float:
    """Return the edge in seconds below which `share` of the latencies lie; 0 without any."""
    total = sum(counts.latency)
    if not total:
        return 0.0
    edge = next(edge for edge, count in enumerate(accumulate(counts.latency)) if count >= share * total)
    return EDGES[min(edge, len(EDGES) - 1)]


def _above(bins: tuple[int, ...], edge: int) -> tuple[int, int]:
    return sum(bins), sum(bins[edge + 1 :])


def _hits(bins: tuple[int, ...], wanted: list[int]) -> tuple[int, int]:
    return sum(bins), sum(bins[at] for at in wanted if at < len(bins))


def _shares(bins: tuple[int, ...], prior: list[float], strength: float) -> list[float]:
    """Return the share of each bin, as if `strength` answers had come from the prior before."""
    total = sum(bins) + strength
    padded = bins + (0,) * (len(prior) - len(bins))
    return [(count + strength * expected) / total for count, expected in zip(padded, prior, strict=True)]
