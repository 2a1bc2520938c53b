"""The rules that are compared: the product's own, and those of others."""

import numpy as np
from benchmarks.verdict.cells import BAKE, Cell
from benchmarks.verdict.outcomes import End, Outcome
from benchmarks.verdict.traffic import Arm, Floats, Ints, Traffic

from shipway.domain.deployment import MAX_EXTENSIONS
from shipway.domain.verdict import Evidence, Kind, Settings, State, advance, failed, verdict

MINUTE = 60
FLAGGER_SUCCESS, FLAGGER_CHECKS = 0.99, 5
Minutes = tuple[Ints, Ints]


def own(traffic: Traffic, first: list[Evidence], settings: Settings) -> Outcome:
    """Return how the product ends the release: its domain code, asked each second; extended when inconclusive."""
    state = State()
    for baked in range(MAX_EXTENSIONS + 1):
        start = baked * BAKE
        for one in first if baked == 0 else traffic.piece(start, BAKE)[0]:
            state = advance(state, settings, (one,))
            if failed(state, settings):
                return Outcome(End.ROLLED_BACK, one.second + 1)
        if verdict(state, settings).kind is Kind.PASS:
            return Outcome(End.PASSED, start + BAKE)
    return Outcome(End.HELD, (MAX_EXTENSIONS + 1) * BAKE)


def alarms(new: Arm, old: Arm) -> Outcome:
    """Return the end under an alarm on the alias: an error of either version in two periods of a minute in a row."""
    breached = _minutes(new)[1] + _minutes(old)[1] > 0
    for minute in range(1, len(breached)):
        if breached[minute - 1] and breached[minute]:
            return Outcome(End.ROLLED_BACK, (minute + 1) * MINUTE)
    return Outcome(End.PASSED, BAKE)


def threshold(new: Arm) -> Outcome:
    """Return the end under a success rate below 99 % in five checks, one a minute; no requests fail a check too."""
    answers, errors = _minutes(new)
    checks = np.where(answers > 0, 1 - errors / np.maximum(answers, 1), 0.0) < FLAGGER_SUCCESS
    failing = np.cumsum(checks)
    if failing[-1] < FLAGGER_CHECKS:
        return Outcome(End.PASSED, BAKE)
    return Outcome(End.ROLLED_BACK, int((np.argmax(failing >= FLAGGER_CHECKS) + 1) * MINUTE))


def plug_in(new: Arm, old: Arm) -> Outcome:
    """Return the end under the 2x2 e-value of Turner, Ly and Gruenwald with running estimates, at 1 to 20.

    Both rates start from 0.18 errors in 0.36 answers; a second is bet on only while the new version's estimate is the
    higher one. All of the 5 % is spent on errors: it looks at nothing else.
    """
    rates = [_running(arm) for arm in (new, old)]
    answers = new.judged + old.judged
    pooled = (new.judged * rates[0] + old.judged * rates[1]) / np.maximum(answers, 1)
    bet = (rates[0] > rates[1]) & (answers > 0)
    gain = np.zeros(len(bet))
    for arm, rate in zip((new, old), rates, strict=True):
        wrong = np.log(rate[bet] / pooled[bet]) * arm.errors[bet]
        gain[bet] += wrong + np.log((1 - rate[bet]) / (1 - pooled[bet])) * (arm.judged - arm.errors)[bet]
    crossed = np.flatnonzero(np.cumsum(gain) >= np.log(20))
    return Outcome(End.ROLLED_BACK, int(crossed[0]) + 1) if len(crossed) else Outcome(End.PASSED, BAKE)


def _running(arm: Arm) -> Floats:
    """Return the estimated error rate before each second."""
    errors, answers = (np.concatenate([[0], np.cumsum(counts)[:-1]]) for counts in (arm.errors, arm.judged))
    return np.asarray((errors + 0.18) / (answers + 0.36))


def points(new: Arm, old: Arm) -> tuple[list[float], list[float]]:
    """Return each version's error rate minute by minute, for a rank test; minutes without answers have none."""
    found = []
    for arm in (new, old):
        answers, errors = _minutes(arm)
        found.append([float(bad / all_) for all_, bad in zip(answers, errors, strict=True) if all_])
    return found[0], found[1]


def one_run(cell: Cell, seed: tuple[int, ...]) -> tuple[dict[str, Outcome], tuple[list[float], list[float]]]:
    """Return how each rule ended the same run, and the points for the rank test."""
    traffic = Traffic(cell, seed)
    evidence, new, old = traffic.piece(0, BAKE)
    ends = {
        "shipway": own(traffic, evidence, cell.settings),
        "alarms": alarms(*(_heard(cell, arm) for arm in (new, old))),
        "threshold": threshold(_heard(cell, new)),
        "plug-in": plug_in(*(_heard(cell, arm) for arm in (new, old))),
    }
    return ends, points(_heard(cell, new), _heard(cell, old))


def _heard(cell: Cell, arm: Arm) -> Arm:
    """Return what arrives of a version's counts."""
    if cell.silent_from is None:
        return arm
    keep = np.arange(len(arm.judged)) < cell.silent_from
    return Arm(arm.judged * keep, arm.errors * keep)


def _minutes(arm: Arm) -> Minutes:
    return arm.judged.reshape(-1, MINUTE).sum(1), arm.errors.reshape(-1, MINUTE).sum(1)
