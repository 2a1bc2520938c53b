"""A state as a verdict: pass, fail, inconclusive or error, in a sentence with its numbers."""

from math import sqrt

from shipway.domain.verdict import comparing
from shipway.domain.verdict.decide import error_limit, excluded, failed, thresholds
from shipway.domain.verdict.evidence import Counts
from shipway.domain.verdict.settings import Settings, Test
from shipway.domain.verdict.state import Curve, Kind, State, Verdict

SLOW_SHARE = 0.9  # the quantile that sentences about latency name


def verdict(state: State, settings: Settings) -> Verdict:
    """Return what the evidence so far says.

    fail: a test rejected the new version; for good. error: no evidence has come for `max_silence` seconds, which says
    nothing about the version. pass: enough answers for enough seconds, an error rate of `must_rule_out` is ruled out
    and no test is half way to rejecting. inconclusive: anything else; wait, bake longer, or let a person decide.
    """
    test = failed(state, settings)
    if test:
        return _verdict(Kind.FAIL, _failure(test, state, settings), state, settings, test)
    if state.silence >= settings.max_silence:
        since = "at all" if state.last is None else "since the last counted second"
        sentence = f"no evidence has come {since}: {state.silence} s of silence, {settings.max_silence} s are allowed"
        return _verdict(Kind.ERROR, sentence, state, settings)
    missing = _missing(state, settings)
    if missing:
        return _verdict(Kind.INCONCLUSIVE, missing, state, settings)
    return _verdict(Kind.PASS, _success(state, settings), state, settings)


def _verdict(kind: Kind, sentence: str, state: State, settings: Settings, test: Test | None = None) -> Verdict:
    curves = tuple(
        Curve(
            test=one,
            threshold=threshold,
            points=tuple((point.second, point.values[one]) for point in state.curve if one in point.values),
        )
        for one, threshold in thresholds(settings).items()
    )
    return Verdict(
        kind=kind,
        sentence=f"{kind}: {sentence}",
        numbers=numbers(state, settings),
        curves=curves,
        test=test,
    )


def numbers(state: State, settings: Settings) -> dict[str, float]:
    """Return all that the verdict is made of, by name: counts, shares 0..1, times in seconds, e-values."""
    new, old = state.new, state.old
    found: dict[str, float] = {
        "seconds": state.seconds,
        "gaps": state.gaps,
        "silence": state.silence,
        "new_requests": new.judged,
        "new_errors": new.server_errors,
        "new_error_rate": new.error_rate,
        "new_client_errors": new.client_errors,
        "old_requests": old.judged,
        "old_errors": old.server_errors,
        "old_error_rate": old.error_rate,
        "error_limit": error_limit(state, settings),
        "new_latency_p50": comparing.quantile(new, 0.5),
        "new_latency_p90": comparing.quantile(new, SLOW_SHARE),
        "old_latency_p50": comparing.quantile(old, 0.5),
        "old_latency_p90": comparing.quantile(old, SLOW_SHARE),
        "predictions_moved": comparing.distance(new, old),
        "ruled_out": state.ruled_out,
        "ruled_out_needed": 1 / settings.missed,
        "false_rollback": settings.false_rollback,
    }
    for test, threshold in thresholds(settings).items():
        wealth = state.tests.get(test) or comparing.start(test)
        found |= {f"{test}_e": wealth.value, f"{test}_peak": wealth.peak, f"{test}_threshold": threshold}
    return found


def _failure(test: Test, state: State, settings: Settings) -> str:
    new, old = state.new, state.old
    told = {
        Test.ERRORS: f"the new version fails more often: {_errors(new)}, the live one {_errors(old)}",
        Test.CAP: f"the new version fails too often: {_errors(new)}, at most {_percent(error_limit(state, settings))} "
        f"may be, and the live version had {_errors(old)}",
        Test.LATENCY: f"the new version is slower: {_times(new)}, the live one {_times(old)}; "
        f"{settings.latency_ratio:g} times that is tolerated",
        Test.SLOW: f"the new version is too slow: {comparing.slow(new, settings)} of {sum(new.latency)} answers took "
        f"more than {settings.max_latency or 0:g} s, {_percent(settings.max_slow_share)} may",
        Test.PREDICTIONS: f"the new version predicts differently: {_percent(comparing.distance(new, old))} of its "
        f"predictions moved, {_percent(settings.mix_tolerance)} is tolerated",
    }
    threshold = thresholds(settings)[test]
    return (
        f"{told[test]}; seen over {state.seconds} s. Evidence {_short(state.tests[test].peak)} to 1 "
        f"({_short(threshold)} needed): a version no worse gets there in at most {_percent(1 / threshold)} of releases"
    )


def _missing(state: State, settings: Settings) -> str:
    """Return what a pass still needs, or ""."""
    new, old = state.new, state.old
    if new.judged < settings.min_requests:
        return f"{_count(new.judged, 'answer')} of the new version, {settings.min_requests} are needed"
    if settings.live and old.judged < settings.min_requests:
        return f"{_count(old.judged, 'answer')} of the live version to compare with, {settings.min_requests} are needed"
    if state.seconds < settings.min_seconds:
        return f"{state.seconds} s with evidence, {settings.min_seconds} s are needed"
    for test, threshold in thresholds(settings).items():
        if test in state.tests and state.tests[test].value >= sqrt(threshold):
            return (
                f"the {test} test has evidence against the new version, {_short(state.tests[test].value)} to 1, "
                f"too much to pass it and too little to reject it ({_short(threshold)} to 1); {_errors(new)}"
            )
    if state.ruled_out < 1 / settings.missed:
        rate = _ruled_out(state, settings)
        return f"{_errors(new)}: too few answers to rule out an error rate of {_percent(rate)}"
    return ""


def _success(state: State, settings: Settings) -> str:
    new, old = state.new, state.old
    rate = _ruled_out(state, settings)
    beside = f", of the live version {_errors(old)}" if settings.live else ""
    speed = f"; {_times(new)}" + (f" beside {_times(old)}" if settings.live else "") if sum(new.latency) else ""
    return (
        f"{_errors(new)}{beside} over {state.seconds} s{speed}. No test is near its limit, and an error rate of "
        f"{_percent(rate)} is ruled out"
    )


def _ruled_out(state: State, settings: Settings) -> float:
    return excluded(max(settings.max_error_rate, state.closed_old.error_rate), settings)


def _errors(counts: Counts) -> str:
    return (
        f"{_count(counts.server_errors, 'error')} in {_count(counts.judged, 'answer')} ({_percent(counts.error_rate)})"
    )


def _times(counts: Counts) -> str:
    half, most = comparing.quantile(counts, 0.5), comparing.quantile(counts, SLOW_SHARE)
    return f"half of the answers within {_short(half * 1000)} ms, 90 % within {_short(most * 1000)} ms"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _short(number: float) -> str:
    return f"{number:.0f}" if 10 <= number < 100_000 else f"{number:.3g}"
