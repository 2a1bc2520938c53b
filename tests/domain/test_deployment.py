"""The deployment's phases: one row a rule, then every observation from every reachable state."""

from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from shipway.domain.deployment import Deployment, Observation, Phase, Plan, Step, Tally, advance, weights

T0 = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = Plan(percent=10, bake=timedelta(minutes=5), max_error_rate=0.05, min_requests=20)


def at_phase(phase: Phase, **changes: object) -> Deployment:
    return replace(Deployment(id="d", new="2", old="1", plan=PLAN, phase=phase, since=T0), **changes)


def after(minutes: float = 0, **seen: object) -> Observation:
    return Observation(at=T0 + timedelta(minutes=minutes), **seen)


def tally(requests: int, errors: int = 0) -> Tally:
    return Tally(requests=requests, errors=errors)


@pytest.mark.parametrize(
    ("phase", "seen", "expected", "split"),
    [
        (Phase.PREPARING, after(), Phase.PREPARING, {"1": 100}),
        (Phase.PREPARING, after(step=Step.DONE), Phase.PRE_TRAFFIC, {"1": 100}),
        (Phase.PREPARING, after(step=Step.FAILED, detail="no model"), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.PRE_TRAFFIC, after(step=Step.DONE, tally=tally(0)), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.PRE_TRAFFIC, after(step=Step.DONE), Phase.PRE_TRAFFIC, {"1": 100}),  # no evidence source: not exposed
        (Phase.PRE_TRAFFIC, after(step=Step.FAILED), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.BAKING, after(4.99, tally=tally(500)), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.BAKING, after(5, tally=tally(20)), Phase.SHIFTING, {"2": 100}),
        (Phase.BAKING, after(5, tally=tally(19)), Phase.BAKING, {"1": 90, "2": 10}),  # too little seen: bakes longer
        (Phase.BAKING, after(5), Phase.BAKING, {"1": 90, "2": 10}),  # nothing seen: bakes longer
        (Phase.BAKING, after(1, tally=tally(2, 2)), Phase.ROLLING_BACK, {"1": 100}),  # dead: 2 of 20 would be too many
        (Phase.BAKING, after(1, tally=tally(100, 5)), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.BAKING, after(1, tally=tally(100, 6)), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.HELD, after(99, tally=tally(1000)), Phase.HELD, {"1": 90, "2": 10}),
        (Phase.HELD, after(99, promote="ann"), Phase.SHIFTING, {"2": 100}),
        (Phase.HELD, after(99, promote="ann", abort="bob"), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.SHIFTING, after(step=Step.DONE), Phase.POST_TRAFFIC, {"2": 100}),
        (Phase.POST_TRAFFIC, after(step=Step.DONE), Phase.SUCCEEDED, {"2": 100}),
        (Phase.POST_TRAFFIC, after(step=Step.FAILED), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.POST_TRAFFIC, after(tally=tally(9, 9)), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.ROLLING_BACK, after(step=Step.DONE), Phase.ROLLED_BACK, {"1": 100}),
        (Phase.SUCCEEDED, after(abort="ann"), Phase.SUCCEEDED, {"2": 100}),
        (Phase.ROLLED_BACK, after(promote="ann"), Phase.ROLLED_BACK, {"1": 100}),
    ],
)
def test_one_observation(phase: Phase, seen: Observation, expected: Phase, split: dict[str, int]) -> None:
    result = advance(at_phase(phase), seen)
    assert result.phase is expected
    assert weights(result) == split


def test_the_first_release_takes_all_traffic_after_its_hook() -> None:
    first = at_phase(Phase.PRE_TRAFFIC, old=None)
    assert weights(first) == {}
    shifted = advance(first, after(step=Step.DONE))
    assert shifted.phase is Phase.SHIFTING
    assert weights(shifted) == {"2": 100}


def test_a_bake_without_requests_is_extended_twice_and_then_held() -> None:
    deployment = at_phase(Phase.BAKING)
    for minutes, phase in [(5, Phase.BAKING), (10, Phase.BAKING), (14, Phase.BAKING), (15, Phase.HELD)]:
        deployment = advance(deployment, after(minutes, tally=tally(0)))
        assert deployment.phase is phase
    assert deployment.sentence == "inconclusive: 0 requests in the bake, 20 are needed; a person decides"


def test_errors_from_before_the_bake_do_not_count() -> None:
    deployment = at_phase(Phase.BAKING, before=tally(100, 50))
    assert advance(deployment, after(5, tally=tally(120, 50))).phase is Phase.SHIFTING


def test_a_counter_that_was_reset_starts_at_nought() -> None:
    deployment = at_phase(Phase.BAKING, before=tally(100, 0))
    assert advance(deployment, after(1, tally=tally(30, 30))).phase is Phase.ROLLING_BACK


OBSERVATIONS = [
    after(minutes, step=step, tally=counts, abort=abort, promote=promote)
    for minutes, step, counts, abort, promote in product(
        (0, 5, 60), Step, (None, tally(0), tally(40), tally(40, 40)), ("", "ann"), ("", "bob")
    )
]


def reachable(old: str | None, percent: int) -> set[Deployment]:
    start = replace(at_phase(Phase.PREPARING), old=old, plan=replace(PLAN, percent=percent))
    seen, todo = {start}, deque([start])
    while todo:
        deployment = todo.popleft()
        for observation in OBSERVATIONS:
            result = advance(deployment, observation)
            if result not in seen:
                seen.add(result)
                todo.append(result)
    return seen


@pytest.mark.parametrize(("old", "percent"), [("1", 10), ("1", 100), (None, 10)])
def test_what_holds_from_every_reachable_state(old: str | None, percent: int) -> None:
    for deployment in reachable(old, percent):
        assert sum(weights(deployment).values()) in ((100,) if old else (0, 100))
        for seen in OBSERVATIONS:
            result = advance(deployment, seen)
            if deployment.phase.final:
                assert result == deployment
                continue
            if seen.abort:
                assert result.phase in (Phase.ROLLING_BACK, Phase.ROLLED_BACK)
            moved_on = result.phase is Phase.SHIFTING and deployment.phase is not Phase.SHIFTING
            if moved_on and deployment.phase is Phase.BAKING:
                assert seen.tally is not None
                assert seen.tally.requests >= PLAN.min_requests


@pytest.mark.parametrize(("old", "percent"), [("1", 10), (None, 10)])
def test_abort_ends_in_two_observations_from_every_state(old: str | None, percent: int) -> None:
    for deployment in reachable(old, percent):
        if not deployment.phase.final:
            ended = advance(advance(deployment, after(abort="ann")), after(step=Step.DONE))
            assert ended.phase is Phase.ROLLED_BACK
