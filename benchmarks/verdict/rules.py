"""The rules that are compared: the product's own, and three that others use."""

import numpy as np
from benchmarks.verdict.cells import BAKE, Cell
from benchmarks.verdict.outcomes import End, Outcome
from benchmarks.verdict.traffic import Arm, Ints, Traffic

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
