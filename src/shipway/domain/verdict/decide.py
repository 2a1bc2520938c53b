"""From a second of evidence to the next state, and from a state to a verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter

from shipway.domain.verdict import comparing
from shipway.domain.verdict.betting import MOST, against_limit, times_odds
from shipway.domain.verdict.evidence import NOTHING, Counts, Evidence, InvalidEvidence, problem
from shipway.domain.verdict.settings import Settings, Test, allowed
from shipway.domain.verdict.state import POINTS, Point, State, Wealth

BLOCK = 5  # answers of both versions that are compared at once, at least; seconds are never split
PATIENCE = 60  # seconds that a block waits for both versions to answer
FADING = 0.8  # of the live version's recent answers is remembered after a second
PASSING_ODDS = 5.0  # passing rules out an error rate with at least so many times the odds of the limit


def advance(state: State, settings: Settings, evidence: Iterable[Evidence]) -> State:
    """Return the state after these seconds, in whatever order they are given.

    Safe to repeat: a second up to the last one that was counted is ignored, so whoever was killed sends it again.
    Raises InvalidEvidence when counts contradict themselves.
    """
    for one in sorted(evidence, key=attrgetter("second")):
        state = _second(state, settings, one)
    return state


def failed(state: State, settings: Settings) -> Test | None:
    """Return the test that rejects the new version, or None. A rejection is for good."""
    for test, threshold in thresholds(settings).items():
        if test in state.tests and state.tests[test].peak >= threshold:
            return test
    return None


@lru_cache(maxsize=64)
def thresholds(settings: Settings) -> Mapping[Test, float]:
    """Return the e-value at which each running test rejects the new version."""
    return {test: 1 / part for test, part in allowed(settings).items()}


def _second(state: State, settings: Settings, one: Evidence) -> State:
    if state.last is not None and one.second <= state.last:
        return state
    opened = one.second if state.opened is None else state.opened
    asked = max(one.second, state.asked or one.second)
    old = one.old if settings.live else NOTHING
    if one.new is None or old is None:
        return replace(state, opened=opened, asked=asked)
    for counts in (one.new, old):
        if wrong := problem(counts):
            raise InvalidEvidence(second=one.second, problem=wrong)
    state = replace(
        state,
        opened=opened,
        asked=asked,
        first=one.second if state.first is None else state.first,
        last=one.second,
        begun=one.second if state.begun is None and one.new.judged else state.begun,
        seconds=state.seconds + 1,
        gaps=state.gaps + (0 if state.last is None else one.second - state.last - 1),
        tests=state.tests or {test: comparing.start(test) for test in allowed(settings)},
    )
    return _drawn(_compared(_capped(state, settings, one.new, old), settings, one.new, old), one.second)


def _capped(state: State, settings: Settings, new: Counts, old: Counts) -> State:
    """Return the state with the new version's own second held against the limits, and for or against passing."""
    slow = comparing.slow(old, settings)
    judged, errors, slows = (FADING * past for past in state.recent)
    recent = (judged + old.judged, errors + old.server_errors, slows + slow)
    tests = dict(state.tests)
    worse = Test.ERRORS not in tests or tests[Test.ERRORS].value >= 1
    limit = max(settings.max_error_rate, old.error_rate, _share(recent[1], recent[0]), state.closed_old.error_rate)
    tests[Test.CAP] = comparing.cap(tests[Test.CAP], new.judged, new.server_errors, limit, counts=worse)
    if Test.SLOW in tests:
        share = max(settings.max_slow_share, _share(recent[2], recent[0]), _share(slow, old.judged))
        ours = comparing.slow(new, settings)
        tests[Test.SLOW] = comparing.cap(tests[Test.SLOW], sum(new.latency), ours, share, counts=True)
    usual = max(settings.max_error_rate, state.closed_old.error_rate)
    bad, ruled_out = excluded(usual, settings), state.ruled_out
    if new.judged and limit < bad:  # in an outage of both nothing is learned
        ruled_out = min(ruled_out * against_limit(new.judged, new.server_errors, bad, usual), MOST)
    return replace(state, recent=recent, tests=tests, ruled_out=ruled_out)


def error_limit(state: State, settings: Settings) -> float:
    """Return the share of errors that the new version may show, 0..1: the setting's, or the live version's if higher.

    The live version's share is the higher one of all that was counted and of the last seconds (in `_capped` of the very
    second, too): an outage of both is nobody's fault from its first second on.
    """
    judged, errors, _ = state.recent
    return max(settings.max_error_rate, _share(errors, judged), state.closed_old.error_rate)


def excluded(limit: float, settings: Settings) -> float:
    """Return the error rate that passing rules out, above `limit`, 0..1."""
    return max(settings.must_rule_out, times_odds(limit, PASSING_ODDS))


def _compared(state: State, settings: Settings, new: Counts, old: Counts) -> State:
    """Return the state with the second added to the open block, and the block compared when it is full.

    When a block is full depends on the number of answers alone, never on what they were. Seconds before the new version
    began, and a block that waited too long for one of the two, are counted but not compared: other times, other load.
    """
    if new.latency and (state.begun is None or (state.last or 0) < state.begun + settings.settle):
        new = replace(new, latency=())
    block, before = (state.open_new + new, state.open_old + old), (state.closed_new, state.closed_old)
    both = block[0].judged and block[1].judged and block[0].judged + block[1].judged >= BLOCK
    waited = state.waited + 1
    if settings.live and state.begun is not None and not both and waited < PATIENCE:
        return replace(state, open_new=block[0], open_old=block[1], waited=waited)
    return replace(
        state,
        tests=_tested(state.tests, settings, block, before) if both else state.tests,
        closed_new=before[0] + block[0],
        closed_old=before[1] + block[1],
        open_new=NOTHING,
        open_old=NOTHING,
        waited=0,
    )


def _tested(
    tests: Mapping[Test, Wealth], settings: Settings, block: tuple[Counts, Counts], before: tuple[Counts, Counts]
) -> dict[Test, Wealth]:
    after = dict(tests)
    if Test.ERRORS in tests:
        after[Test.ERRORS] = comparing.errors(tests[Test.ERRORS], *block)
    if Test.LATENCY in tests:
        after[Test.LATENCY] = comparing.latency(tests[Test.LATENCY], *block, before[1], settings)
    if Test.PREDICTIONS in tests:
        after[Test.PREDICTIONS] = comparing.predictions(tests[Test.PREDICTIONS], block, before, settings.mix_tolerance)
    return after


def _drawn(state: State, second: int) -> State:
    """Return the state with a point more on its curve; a full curve keeps every other one."""
    if second % state.stride:
        return state
    curve = (*state.curve, Point(second=second, values={test: one.value for test, one in state.tests.items()}))
    if len(curve) <= POINTS:
        return replace(state, curve=curve)
    stride = state.stride * 2
    return replace(state, stride=stride, curve=tuple(point for point in curve if point.second % stride == 0))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
