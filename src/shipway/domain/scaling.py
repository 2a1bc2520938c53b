"""Autoscaling of an endpoint: how many instances it shall have, decided from what it was asked minute by minute. Pure.

Target tracking as Application Auto Scaling does it on invocations per instance: above the target for three minutes in
a row it grows, below nine tenths of it for fifteen it shrinks, more carefully. Source: Application Auto Scaling user
guide, "How target tracking scaling works" and "Define cooldown periods".
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shipway.domain.units import format_duration

MINUTE = timedelta(minutes=1)
OUT_MINUTES = 3  # minutes in a row above the target before it grows
IN_MINUTES = 15  # minutes in a row that fewer instances could have carried before it shrinks
ROOM = 0.9  # share of the target that is used after shrinking: a little more load does not bring it back at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """How one stage's endpoint follows its load.

    min, max: instances, 1 <= min <= max; one size alone is no scaling. An instance is one server with its workers.
    target: invocations that one worker should answer a minute, > 0 where min < max.
    scale_out_cooldown: after it grew, it grows again within this time only by a larger step, and does not shrink.
    scale_in_cooldown: the shortest time between two steps down. scale_in: whether it shrinks at all.
    idle: without a request this long it goes to zero instances, and the next request wakes it; 0 s = never.
    """

    min: int = 1
    max: int = 1
    target: int = 0
    scale_out_cooldown: timedelta = timedelta(minutes=5)
    scale_in_cooldown: timedelta = timedelta(minutes=5)
    scale_in: bool = True
    idle: timedelta = timedelta(0)

    @property
    def active(self) -> bool:
        """Whether there is anything to decide."""
        return self.min < self.max or bool(self.idle)


class Move(StrEnum):
    """What a decision does."""

    STAY = "stay"
    OUT = "out"
    IN = "in"
    SLEEP = "sleep"
    WAKE = "wake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The last change in one direction. at: when it was decided; added: how many instances it added or took away."""

    at: datetime
    added: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What an endpoint has. instances: 0 while it sleeps. out, down: the last step in each direction."""

    instances: int
    out: Step | None = None
    down: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What was asked of an endpoint.

    minutes: invocations in each of the last whole minutes, oldest first; None where nobody counted.
    workers: processes of one instance, >= 1. waiting: requests that the gateway holds because nothing runs.
    under_way: requests that are being answered. quiet_since: since when none has come.
    holding: why it must not shrink now ("a deployment is under way"), empty when it may.
    """

    now: datetime
    minutes: tuple[int | None, ...]
    workers: int
    quiet_since: datetime
    waiting: int = 0
    under_way: int = 0
    holding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingDecision:
    """How many instances there shall be, and why, with the numbers."""

    move: Move
    instances: int
    sentence: str


def desired(policy: ScalingPolicy, capacity: Capacity, load: Load) -> ScalingDecision:
    """Return how many instances an endpoint shall have.

    Safe to repeat: the same capacity and load give the same answer. A minute that nobody counted never moves
    anything. The answer is within min..max, or 0 while the endpoint sleeps.
    """
    if capacity.instances == 0:
        return _asleep(policy, load)
    for rule in (_bounds, _sleep, _grow, _shrink):
        decision = rule(policy, capacity, load)
        if decision is not None:
            return decision
    return ScalingDecision(move=Move.STAY, instances=capacity.instances, sentence=_standing(policy, capacity, load))


def after(capacity: Capacity, decision: ScalingDecision, now: datetime) -> Capacity:
    """Return the capacity once a decision was carried out. Waking and sleeping start no cooldown."""
    step = Step(at=now, added=abs(decision.instances - capacity.instances))
    return Capacity(
        instances=decision.instances,
        out=step if decision.move is Move.OUT else capacity.out,
        down=step if decision.move is Move.IN else capacity.down,
    )


def retained(policy: ScalingPolicy, live: int) -> int:
    """Return how many instances a new version starts with. live: those of the version that it shall replace."""
    return min(max(live, policy.min), policy.max)


def needed(policy: ScalingPolicy, invocations: float, workers: int, share: float = 1.0) -> int:
    """Return how many instances carry so many invocations a minute at this share of the target, at least 1."""
    return max(1, math.ceil(invocations / (policy.target * workers * share) - 1e-9))


def _asleep(policy: ScalingPolicy, load: Load) -> ScalingDecision:
    """Decide for an endpoint with nothing running."""
    if load.waiting:
        what = "1 request waits" if load.waiting == 1 else f"{load.waiting} requests wait"
        return ScalingDecision(move=Move.WAKE, instances=policy.min, sentence=f"woken: {what} for it")
    if not policy.idle:
        return ScalingDecision(move=Move.WAKE, instances=policy.min, sentence="woken: it shall not sleep any more")
    quiet = _span(load.now - load.quiet_since)
    return ScalingDecision(move=Move.STAY, instances=0, sentence=f"asleep: no request for {quiet}")


def _bounds(policy: ScalingPolicy, capacity: Capacity, load: Load) -> ScalingDecision | None:
    """Bring the capacity inside its bounds, whatever the load; a deployment under way keeps what there is."""
    now = capacity.instances
    if now < policy.min:
        return ScalingDecision(move=Move.OUT, instances=policy.min, sentence=f"{now} of at least {policy.min}")
    if now > policy.max and not load.holding:
        return ScalingDecision(move=Move.IN, instances=policy.max, sentence=f"{now} of at most {policy.max}")
    return None


def _sleep(policy: ScalingPolicy, _: Capacity, load: Load) -> ScalingDecision | None:
    quiet = load.now - load.quiet_since
    if not policy.idle or quiet < policy.idle or load.under_way or load.waiting or load.holding:
        return None
    sentence = f"no request for {_span(quiet)}, idle = {format_duration(policy.idle)}"
    return ScalingDecision(move=Move.SLEEP, instances=0, sentence=sentence)


def _grow(policy: ScalingPolicy, capacity: Capacity, load: Load) -> ScalingDecision | None:
    recent = load.minutes[-OUT_MINUTES:]
    counted = [each for each in recent if each is not None]
    if policy.min >= policy.max or len(counted) < OUT_MINUTES or capacity.instances >= policy.max:
        return None
    workers = capacity.instances * load.workers
    if any(each <= policy.target * workers for each in counted):
        return None
    wanted = min(needed(policy, counted[-1], load.workers), policy.max)
    if _cooling(capacity.out, policy.scale_out_cooldown, load.now, wanted - capacity.instances):
        return None
    sentence = (
        f"{counted[-1] / workers:.4g} invocations a minute and worker, above the target {policy.target}"
        f" for {OUT_MINUTES} minutes"
    )
    return ScalingDecision(move=Move.OUT, instances=wanted, sentence=sentence)


def _shrink(policy: ScalingPolicy, capacity: Capacity, load: Load) -> ScalingDecision | None:
    """Take one instance away when the busiest of many minutes would have left room without it."""
    recent = load.minutes[-IN_MINUTES:]
    counted = [each for each in recent if each is not None]
    fits = policy.scale_in and policy.min < policy.max and capacity.instances > policy.min and not load.holding
    if not fits or len(counted) < IN_MINUTES:
        return None
    busiest = max(counted)
    if needed(policy, busiest, load.workers, ROOM) >= capacity.instances:
        return None
    if _cooling(capacity.down, policy.scale_in_cooldown, load.now) or _cooling(
        capacity.out, policy.scale_out_cooldown, load.now
    ):
        return None
    sentence = (
        f"at most {busiest / (capacity.instances * load.workers):.4g} invocations a minute and worker"
        f" in {IN_MINUTES} minutes, well below the target {policy.target}"
    )
    return ScalingDecision(move=Move.IN, instances=capacity.instances - 1, sentence=sentence)


def _cooling(step: Step | None, cooldown: timedelta, now: datetime, size: int = 0) -> bool:
    """Return whether the last step still has to take effect; a larger one than it does not wait."""
    return step is not None and now - step.at < cooldown and size <= step.added


def _standing(policy: ScalingPolicy, capacity: Capacity, load: Load) -> str:
    """Return why nothing moves."""
    newest = load.minutes[-1] if load.minutes else None
    if policy.min >= policy.max:
        return "fixed size: min and max are the same"
    if newest is None:
        return "no whole minute was counted yet"
    per_worker = newest / (capacity.instances * load.workers)
    return f"{per_worker:.4g} invocations in the last minute and worker, target {policy.target}"


def _span(value: timedelta) -> str:
    """Return a time in whole seconds, in its largest whole unit."""
    return format_duration(timedelta(seconds=int(value.total_seconds())))
