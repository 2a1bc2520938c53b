"""The deployment's phases: one row a rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollouts import said
from shipway.domain.deployment import (
    Ask,
    Deployment,
    Observation,
    Order,
    Phase,
    Plan,
    Step,
    Strategy,
    advance,
    decode,
    encode,
    fitting,
    weights,
)
from shipway.domain.verdict import Kind

T0 = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = Plan(percent=10, bake=5 * MINUTE, step=40, interval=MINUTE, hook_timeout=3 * MINUTE, max_hold=60 * MINUTE)
PASS, FAIL, UNSURE, ERROR = said(Kind.PASS), said(Kind.FAIL), said(Kind.INCONCLUSIVE), said(Kind.ERROR)


def at_phase(phase: Phase, **changes: object) -> Deployment:
    until = T0 + 5 * MINUTE if phase is Phase.BAKING else None
    made = Deployment(id="d", new="2", old="1", plan=PLAN, phase=phase, since=T0, until=until)
    return replace(made, **changes)


def after(minutes: float = 0, *asks: Ask, **seen: object) -> Observation:
    orders = tuple(Order(number=number, ask=ask, by="ann") for number, ask in enumerate(asks, start=1))
    return Observation(at=T0 + timedelta(minutes=minutes), orders=orders, **seen)


@pytest.mark.parametrize(
    ("phase", "seen", "expected", "split"),
    [
        (Phase.PREPARING, after(), Phase.PREPARING, {"1": 100}),
        (Phase.PREPARING, after(step=Step.DONE), Phase.PRE_TRAFFIC, {"1": 100}),
        (Phase.PREPARING, after(step=Step.FAILED, detail="no model"), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.PREPARING, after(crashing="x ended 3 times"), Phase.PREPARING, {"1": 100}),  # its own step says so
        (Phase.PREPARING, after(0, Ask.PAUSE), Phase.PAUSED, {"1": 100}),
        (Phase.PRE_TRAFFIC, after(step=Step.DONE), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.PRE_TRAFFIC, after(step=Step.FAILED), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.PRE_TRAFFIC, after(3), Phase.PRE_TRAFFIC, {"1": 100}),
        (Phase.PRE_TRAFFIC, after(3.01), Phase.ROLLING_BACK, {"1": 100}),  # the hook is silent
        (Phase.PRE_TRAFFIC, after(crashing="x ended 3 times"), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.PRE_TRAFFIC, after(alarms=("slow",)), Phase.PRE_TRAFFIC, {"1": 100}),  # nobody sees it: not its doing
        (Phase.BAKING, after(4.99, verdict=PASS), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.BAKING, after(5, verdict=PASS), Phase.SHIFTING, {"2": 100}),
        (Phase.BAKING, after(5, verdict=UNSURE), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.BAKING, after(5, verdict=ERROR), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.BAKING, after(5), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.BAKING, after(1, verdict=FAIL), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.BAKING, after(1, verdict=PASS, alarms=("slow",)), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.BAKING, after(1, verdict=PASS, crashing="x ended"), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.BAKING, after(1, Ask.HOLD, verdict=PASS), Phase.HELD, {"1": 90, "2": 10}),
        (Phase.BAKING, after(5, Ask.EXTEND, verdict=PASS), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.BAKING, after(1, Ask.PROMOTE, verdict=UNSURE), Phase.BAKING, {"1": 90, "2": 10}),  # not held
        (Phase.BAKING, after(5, Ask.PAUSE, verdict=PASS), Phase.PAUSED, {"1": 90, "2": 10}),
        (Phase.HELD, after(59, verdict=PASS), Phase.HELD, {"1": 90, "2": 10}),
        (Phase.HELD, after(61, verdict=PASS), Phase.ROLLING_BACK, {"1": 100}),  # nobody decided
        (Phase.HELD, after(9, Ask.PROMOTE), Phase.SHIFTING, {"2": 100}),
        (Phase.HELD, after(9, Ask.PROMOTE, Ask.ABORT), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.HELD, after(9, Ask.PROMOTE, verdict=FAIL), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.HELD, after(9, Ask.EXTEND), Phase.BAKING, {"1": 90, "2": 10}),
        (Phase.SHIFTING, after(step=Step.DONE), Phase.POST_TRAFFIC, {"2": 100}),
        (Phase.SHIFTING, after(step=Step.DONE, verdict=FAIL), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.POST_TRAFFIC, after(step=Step.DONE), Phase.SUCCEEDED, {"2": 100}),
        (Phase.POST_TRAFFIC, after(step=Step.FAILED), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.POST_TRAFFIC, after(4), Phase.ROLLING_BACK, {"1": 100}),
        (Phase.ROLLING_BACK, after(step=Step.DONE), Phase.ROLLED_BACK, {"1": 100}),
        (Phase.SUCCEEDED, after(0, Ask.ABORT), Phase.SUCCEEDED, {"2": 100}),
        (Phase.ROLLED_BACK, after(0, Ask.PROMOTE), Phase.ROLLED_BACK, {"1": 100}),
    ],
)
def test_one_observation(phase: Phase, seen: Observation, expected: Phase, split: dict[str, int]) -> None:
    result = advance(at_phase(phase), seen)
    assert result.phase is expected
    assert weights(result) == split


def follow(deployment: Deployment, *steps: tuple[Observation, Phase, dict[str, int]]) -> Deployment:
    """Go through observations, looking at phase and split after each."""
    for seen, phase, split in steps:
        deployment = advance(deployment, seen)
        assert (deployment.phase, weights(deployment)) == (phase, split)
    return deployment


def planned(strategy: Strategy) -> Deployment:
    return at_phase(Phase.PRE_TRAFFIC, plan=replace(PLAN, strategy=strategy))


def test_a_linear_release_takes_more_at_each_step_that_passes() -> None:
    follow(
        planned(Strategy.LINEAR),
        (after(0, step=Step.DONE), Phase.BAKING, {"1": 60, "2": 40}),
        (after(0.9, verdict=PASS), Phase.BAKING, {"1": 60, "2": 40}),
        (after(1, verdict=UNSURE), Phase.BAKING, {"1": 60, "2": 40}),
        (after(1.5, verdict=PASS), Phase.BAKING, {"1": 60, "2": 40}),
        (after(2, verdict=PASS), Phase.BAKING, {"1": 20, "2": 80}),
        (after(3, verdict=PASS), Phase.SHIFTING, {"2": 100}),
    )


def test_a_blue_green_release_takes_all_and_gives_it_back_at_once() -> None:
    taken = follow(
        planned(Strategy.BLUE_GREEN),
        (after(0, step=Step.DONE), Phase.BAKING, {"2": 100}),
        (after(4.9, verdict=PASS), Phase.BAKING, {"2": 100}),
    )
    assert weights(advance(taken, after(4.91, verdict=FAIL))) == {"1": 100}
    assert advance(taken, after(5, verdict=PASS)).phase is Phase.SHIFTING


def test_all_at_once_has_no_bake() -> None:
    shifted = advance(planned(Strategy.ALL_AT_ONCE), after(0, step=Step.DONE))
    assert (shifted.phase, shifted.sentence) == (Phase.SHIFTING, "all at once, as the project asks")


def test_the_first_release_takes_all_traffic_after_its_hook() -> None:
    first = at_phase(Phase.PRE_TRAFFIC, old=None)
    assert weights(first) == {}
    shifted = advance(first, after(step=Step.DONE))
    assert shifted.phase is Phase.SHIFTING
    assert weights(shifted) == {"2": 100}


def test_an_inconclusive_bake_is_extended_twice_and_then_held() -> None:
    deployment = at_phase(Phase.BAKING)
    for minutes, phase in [(5, Phase.BAKING), (9.9, Phase.BAKING), (10, Phase.BAKING), (15, Phase.HELD)]:
        deployment = advance(deployment, after(minutes, verdict=UNSURE))
        assert deployment.phase is phase
    assert deployment.sentence == "the verdict is inconclusive; a person decides"


def test_one_more_bake_for_a_held_release_begins_now_and_ends_held_again() -> None:
    held = at_phase(Phase.HELD, extensions=2)
    baking = advance(held, after(9, Ask.EXTEND, verdict=UNSURE))
    assert baking.until == T0 + 14 * MINUTE
    assert advance(baking, after(14, verdict=UNSURE)).phase is Phase.HELD
    assert advance(baking, after(14, verdict=PASS)).phase is Phase.SHIFTING


def test_evidence_that_stops_is_neither_pass_nor_fail_and_holds_after_a_while() -> None:
    deployment = at_phase(Phase.BAKING)
    for minutes, phase in [(4.5, Phase.BAKING), (5, Phase.BAKING), (5.4, Phase.BAKING), (5.5, Phase.HELD)]:
        deployment = advance(deployment, after(minutes, verdict=ERROR))
        assert deployment.phase is phase
    assert deployment.sentence == "no evidence for 1m: the verdict is error; a person decides"


def test_evidence_that_comes_back_counts_as_before() -> None:
    deployment = advance(at_phase(Phase.BAKING), after(4.5, verdict=ERROR))
    assert advance(advance(deployment, after(4.9, verdict=PASS)), after(5.6, verdict=PASS)).phase is Phase.SHIFTING


def test_an_alarm_that_rang_before_the_release_had_traffic_is_not_its_doing() -> None:
    baking = advance(at_phase(Phase.PRE_TRAFFIC), after(0, step=Step.DONE, alarms=("old", "older")))
    assert advance(baking, after(1, alarms=("old",))).phase is Phase.BAKING
    failed = advance(baking, after(1, alarms=("old", "new")))
    assert (failed.phase, failed.sentence) == (Phase.ROLLING_BACK, "alarm new fired")


def test_a_bake_goes_on_where_it_was_paused() -> None:
    paused = advance(at_phase(Phase.BAKING), after(4, Ask.PAUSE, verdict=PASS))
    assert paused.sentence == "paused by ann"
    resumed = advance(paused, after(30, Ask.PAUSE, Ask.RESUME, verdict=PASS))
    assert (resumed.phase, resumed.until) == (Phase.BAKING, T0 + 31 * MINUTE)
    assert advance(resumed, after(30.9, Ask.PAUSE, Ask.RESUME, verdict=PASS)).phase is Phase.BAKING
    assert advance(resumed, after(31, verdict=PASS)).phase is Phase.SHIFTING


def test_orders_that_no_longer_fit_are_heard_and_change_nothing() -> None:
    back = advance(at_phase(Phase.ROLLING_BACK), after(0, Ask.PROMOTE, Ask.PAUSE))
    assert (back.phase, back.heard) == (Phase.ROLLING_BACK, 2)


@pytest.mark.parametrize(
    ("phase", "asks"),
    [
        (Phase.PREPARING, ["abort", "pause"]),
        (Phase.BAKING, ["abort", "pause", "hold", "extend"]),
        (Phase.HELD, ["abort", "promote", "extend"]),
        (Phase.PAUSED, ["abort", "resume"]),
        (Phase.ROLLING_BACK, ["abort"]),
        (Phase.SUCCEEDED, []),
    ],
)
def test_what_fits_a_phase(phase: Phase, asks: list[str]) -> None:
    assert list(fitting(phase)) == asks


def test_a_deployment_of_another_version_of_shipway_can_be_read() -> None:
    document = encode(at_phase(Phase.SUCCEEDED, sentence="all is well"))
    plan = document["plan"]
    assert isinstance(plan, dict)
    for name in ("strategy", "step", "interval"):
        del plan[name]
    del document["heard"]
    found = decode({**document, "before": {"requests": 3}})
    assert (found.phase, found.sentence, found.heard) == (Phase.SUCCEEDED, "all is well", 0)
