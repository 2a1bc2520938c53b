"""Autoscaling: one row a rule, and what holds for every policy, capacity and load."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.scaling import (
    IN_MINUTES,
    MINUTE,
    Capacity,
    Load,
    Move,
    ScalingPolicy,
    Step,
    after,
    desired,
    retained,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POLICY = ScalingPolicy(min=1, max=5, target=100)
SLEEPY = ScalingPolicy(idle=timedelta(minutes=30))


def load(*minutes: int | None, **more: object) -> Load:
    return replace(Load(now=NOW, minutes=minutes, workers=1, quiet_since=NOW), **more)  # type: ignore[arg-type]


def step(minutes: float, added: int = 1) -> Step:
    return Step(at=NOW - timedelta(minutes=minutes), added=added)


def steady(each: int, **more: object) -> Load:
    return load(*[each] * IN_MINUTES, **more)


@pytest.mark.parametrize(
    ("capacity", "seen", "move", "instances"),
    [
        (Capacity(instances=1), load(), Move.STAY, 1),
        (Capacity(instances=1), load(101, 101), Move.STAY, 1),
        (Capacity(instances=1), load(101, 101, 100), Move.STAY, 1),
        (Capacity(instances=1), load(101, 101, 101), Move.OUT, 2),
        (Capacity(instances=1), load(101, None, 101), Move.STAY, 1),
        (Capacity(instances=1), load(500, 101, 350), Move.OUT, 4),
        (Capacity(instances=1), load(500, 500, 9000), Move.OUT, 5),
        (Capacity(instances=2), load(250, 250, 250), Move.OUT, 3),
        (Capacity(instances=2), load(250, 250, 250, workers=2), Move.STAY, 2),
        (Capacity(instances=5), load(900, 900, 900), Move.STAY, 5),
        # After it grew it waits, unless more is missing than was added.
        (Capacity(instances=2, out=step(4)), load(250, 250, 250), Move.STAY, 2),
        (Capacity(instances=2, out=step(5)), load(250, 250, 250), Move.OUT, 3),
        (Capacity(instances=2, out=step(1)), load(390, 390, 390), Move.OUT, 4),
        # It shrinks by one, when fifteen minutes would have left room without it.
        (Capacity(instances=3), steady(10), Move.IN, 2),
        (Capacity(instances=3), load(*[10] * (IN_MINUTES - 1)), Move.STAY, 3),
        (Capacity(instances=3), load(*[10] * 7, None, *[10] * 7), Move.STAY, 3),
        (Capacity(instances=2), steady(90), Move.IN, 1),
        (Capacity(instances=2), steady(91), Move.STAY, 2),
        (Capacity(instances=3), load(185, *[10] * (IN_MINUTES - 1)), Move.STAY, 3),
        (Capacity(instances=3, down=step(4)), steady(10), Move.STAY, 3),
        (Capacity(instances=3, out=step(4)), steady(10), Move.STAY, 3),
        (Capacity(instances=3, down=step(5), out=step(5)), steady(10), Move.IN, 2),
        (Capacity(instances=2, down=step(1)), load(250, 250, 250), Move.OUT, 3),
        (Capacity(instances=3), steady(10, holding="a deployment is under way"), Move.STAY, 3),
        (Capacity(instances=1), steady(0), Move.STAY, 1),
        # Bounds that were changed count at once; a deployment keeps what there is.
        (Capacity(instances=7), load(), Move.IN, 5),
        (Capacity(instances=7), load(holding="a deployment is under way"), Move.STAY, 7),
    ],
)
def test_one_look(capacity: Capacity, seen: Load, move: Move, instances: int) -> None:
    decision = desired(POLICY, capacity, seen)
    assert (decision.move, decision.instances) == (move, instances)
    assert decision.sentence


def test_too_few_are_made_more_at_once() -> None:
    assert desired(replace(POLICY, min=2), Capacity(instances=1, out=step(0)), load()).instances == 2


def test_one_that_must_not_shrink_does_not() -> None:
    assert desired(replace(POLICY, scale_in=False), Capacity(instances=3), steady(0)).move is Move.STAY


@pytest.mark.parametrize(
    ("instances", "seen", "move", "left"),
    [
        (1, {"quiet_since": NOW - timedelta(minutes=29)}, Move.STAY, 1),
        (1, {"quiet_since": NOW - timedelta(minutes=30)}, Move.SLEEP, 0),
        (1, {"quiet_since": NOW - timedelta(minutes=30), "under_way": 1}, Move.STAY, 1),
        (1, {"quiet_since": NOW - timedelta(minutes=30), "holding": "it is tried"}, Move.STAY, 1),
        (0, {"quiet_since": NOW - timedelta(minutes=90)}, Move.STAY, 0),
        (0, {"quiet_since": NOW - timedelta(minutes=90), "waiting": 2}, Move.WAKE, 1),
    ],
)
def test_sleeping_and_waking(instances: int, seen: dict[str, object], move: Move, left: int) -> None:
    decision = desired(SLEEPY, Capacity(instances=instances), load(0, **seen))
    assert (decision.move, decision.instances) == (move, left)


def test_one_that_shall_not_sleep_any_more_is_woken() -> None:
    assert desired(POLICY, Capacity(instances=0), load()).move is Move.WAKE


@pytest.mark.parametrize(("live", "kept"), [(0, 1), (1, 1), (3, 3), (9, 5)])
def test_an_update_keeps_the_live_capacity(live: int, kept: int) -> None:
    assert retained(POLICY, live) == kept


def test_sentences_have_their_numbers() -> None:
    grown = desired(POLICY, Capacity(instances=2), load(260, 260, 260))
    assert grown.sentence == "130 invocations a minute and worker, above the target 100 for 3 minutes"
    shrunk = desired(POLICY, Capacity(instances=3), steady(30))
    assert shrunk.sentence == ("at most 10 invocations a minute and worker in 15 minutes, well below the target 100")
    asleep = desired(SLEEPY, Capacity(instances=1), load(quiet_since=NOW - timedelta(hours=2)))
    assert asleep.sentence == "no request for 2h, idle = 30m"


TIMES = st.integers(0, 40).map(lambda minutes: timedelta(minutes=minutes))
STEPS = st.none() | st.builds(lambda ago, added: Step(at=NOW - ago, added=added), TIMES, st.integers(1, 5))
COUNTS = st.none() | st.integers(0, 3000)


@st.composite
def policies(draw: st.DrawFn) -> ScalingPolicy:
    low = draw(st.integers(1, 6))
    return ScalingPolicy(
        min=low,
        max=low + draw(st.integers(0, 6)),
        target=draw(st.integers(1, 500)),
        scale_out_cooldown=draw(TIMES),
        scale_in_cooldown=draw(TIMES),
        scale_in=draw(st.booleans()),
        idle=draw(st.just(timedelta(0)) | TIMES),
    )


@st.composite
def loads(draw: st.DrawFn) -> Load:
    return Load(
        now=NOW,
        minutes=tuple(draw(st.lists(COUNTS, max_size=20))),
        workers=draw(st.integers(1, 4)),
        quiet_since=NOW - draw(TIMES),
        waiting=draw(st.integers(0, 3)),
        under_way=draw(st.integers(0, 3)),
        holding=draw(st.sampled_from(["", "a deployment is under way"])),
    )


CAPACITIES = st.builds(Capacity, instances=st.integers(0, 14), out=STEPS, down=STEPS)


@given(policies(), CAPACITIES, loads())
def test_never_outside_the_bounds(policy: ScalingPolicy, capacity: Capacity, seen: Load) -> None:
    decision = desired(policy, capacity, seen)
    if decision.move is Move.STAY:
        assert decision.instances == capacity.instances
    elif decision.move is Move.SLEEP:
        assert policy.idle
        assert decision.instances == 0
    else:
        assert policy.min <= decision.instances <= policy.max
    assert decision.move not in (Move.IN, Move.SLEEP) or not seen.holding


@given(policies(), CAPACITIES, loads())
def test_cooldowns_are_kept(policy: ScalingPolicy, capacity: Capacity, seen: Load) -> None:
    decision = desired(policy, capacity, seen)
    inside = policy.min <= capacity.instances <= policy.max  # bounds that were changed do not wait
    if decision.move is Move.IN and inside:
        for last, cooldown in ((capacity.down, policy.scale_in_cooldown), (capacity.out, policy.scale_out_cooldown)):
            assert last is None or NOW - last.at >= cooldown
        assert decision.instances == capacity.instances - 1
    if decision.move is Move.OUT and inside and capacity.out and NOW - capacity.out.at < policy.scale_out_cooldown:
        assert decision.instances - capacity.instances > capacity.out.added


@given(policies(), CAPACITIES, loads(), st.lists(st.integers(0, 2000), min_size=20, max_size=20))
def test_more_load_never_means_fewer_instances(
    policy: ScalingPolicy, capacity: Capacity, seen: Load, more: list[int]
) -> None:
    busier = tuple(None if one is None else one + two for one, two in zip(seen.minutes, more, strict=False))
    less, much = desired(policy, capacity, seen), desired(policy, capacity, replace(seen, minutes=busier))
    assert much.instances >= less.instances


@given(policies(), st.integers(1, 12), st.integers(0, 3000), st.integers(1, 4), st.lists(st.floats(0.96, 1.04)))
def test_a_constant_load_comes_to_rest(
    policy: ScalingPolicy, instances: int, each: int, workers: int, noise: list[float]
) -> None:
    """From any size, with up to 4 % of noise: it moves one way, then not at all."""
    awake = replace(policy, idle=timedelta(0))
    capacity, moves = Capacity(instances=instances), []
    minutes: tuple[int, ...] = ()
    for minute in range(400):
        factor = noise[minute % len(noise)] if noise else 1.0
        minutes = (*minutes, round(each * factor))[-IN_MINUTES:]
        now = NOW + minute * MINUTE
        seen = Load(now=now, minutes=minutes, workers=workers, quiet_since=now)
        decision = desired(awake, capacity, seen)
        if decision.move is not Move.STAY:
            moves.append((minute, decision.move))
            capacity = after(capacity, decision, now)
    inside = [move for minute, move in moves if minute]  # the first look may bring it inside its bounds
    assert len(set(inside)) <= 1, moves
    if (
        awake.scale_in
        and awake.min < awake.max
        and max(awake.scale_in_cooldown, awake.scale_out_cooldown) < 30 * MINUTE
    ):
        assert all(minute < 380 for minute, _ in moves), moves
