"""How traffic moves to a new version: the exposures that each strategy goes through, in their order."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Strategy(StrEnum):
    """How a new version takes production traffic over.

    There is no "shadow": the gateway does not copy requests, and what it cannot do it does not promise.
    """

    CANARY = "canary"
    LINEAR = "linear"
    BLUE_GREEN = "blue-green"
    ALL_AT_ONCE = "all-at-once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One bake. percent: share of requests for the new version, 1..100; bake: how long it must stay healthy."""

    percent: int
    bake: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the project asks of a deployment.

    percent: the canary's share, 1..99. step, interval: a linear deployment adds `step` percent every `interval`.
    bake: how long a canary, or the whole traffic of a blue/green deployment, must stay healthy.
    hook_timeout: a hook that is silent this long has failed.
    max_silence: without evidence for this long nothing is decided any more: a person has to.
    max_hold: what is held or paused for longer goes back.
    """

    strategy: Strategy = Strategy.CANARY
    percent: int = 10
    bake: timedelta = timedelta(minutes=5)
    step: int = 10
    interval: timedelta = timedelta(minutes=1)
    hook_timeout: timedelta = timedelta(minutes=5)
    max_silence: timedelta = timedelta(minutes=1)
    max_hold: timedelta = timedelta(days=1)


def exposures(plan: Plan) -> tuple[Exposure, ...]:
    """Return the bakes before a new version has all traffic for good; none when it gets all at once."""
    if plan.strategy is Strategy.CANARY:
        return (Exposure(percent=plan.percent, bake=plan.bake),)
    if plan.strategy is Strategy.LINEAR:
        return tuple(Exposure(percent=percent, bake=plan.interval) for percent in range(plan.step, 100, plan.step))
    if plan.strategy is Strategy.BLUE_GREEN:
        return (Exposure(percent=100, bake=plan.bake),)
    return ()
