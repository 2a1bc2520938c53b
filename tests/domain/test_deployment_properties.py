"""What holds for each strategy in every state that can be reached, whatever is seen there."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from rollouts import EVER, NOW, Outcomes, begun, explored, observations
from shipway.domain.deployment import (
    Ask,
    Deployment,
    Observation,
    Order,
    Phase,
    Step,
    Strategy,
    advance,
    decode,
    encode,
    exposures,
    weights,
)
from shipway.domain.verdict import Kind

CASES = [(strategy, "1") for strategy in Strategy] + [(Strategy.CANARY, None)]
AFTER_EVIDENCE = (Phase.SHIFTING, Phase.POST_TRAFFIC, Phase.SUCCEEDED)
every = pytest.mark.parametrize(("strategy", "old"), CASES)


@cache
def states(strategy: Strategy, old: str | None) -> Outcomes:
    return explored(begun(strategy, old))


def moves(strategy: Strategy, old: str | None) -> Iterator[tuple[Deployment, Observation, Deployment]]:
    """Yield every state with everything that can be seen there and what follows."""
    for deployment, outcomes in states(strategy, old).items():
        for seen, after in outcomes:
            yield deployment, seen, after


def asked(ask: Ask, **seen: object) -> Observation:
    return Observation(at=NOW, orders=(Order(number=1, ask=ask, by="ann"),), **seen)


@every
def test_every_phase_can_be_reached_and_every_path_can_end(strategy: Strategy, old: str | None) -> None:
    phases = {deployment.phase for deployment in states(strategy, old)}
    baked = {Phase.BAKING, Phase.HELD} if old and exposures(begun(strategy).plan) else set()
    assert phases == set(Phase) - {Phase.BAKING, Phase.HELD} | baked


@every
def test_a_finished_deployment_never_changes(strategy: Strategy, old: str | None) -> None:
    for deployment, _, after in moves(strategy, old):
        if deployment.phase.final:
            assert after is deployment


@every
def test_weights_add_up_to_a_hundred_or_to_nothing_before_the_first_release(
    strategy: Strategy, old: str | None
) -> None:
    for deployment in states(strategy, old):
        split = weights(deployment)
        assert sum(split.values()) == 100 or (not split and old is None and not deployment.exposed)
        assert all(0 < percent <= 100 for percent in split.values())
        assert ("2" in split) is deployment.exposed


@every
def test_an_abort_ends_rolled_back_at_the_second_observation(strategy: Strategy, old: str | None) -> None:
    for deployment in states(strategy, old):
        if not deployment.phase.final:
            back = advance(deployment, asked(Ask.ABORT))
            assert back.phase in (Phase.ROLLING_BACK, Phase.ROLLED_BACK)
            assert "2" not in weights(back)
            assert advance(back, Observation(at=NOW, step=Step.DONE)).phase is Phase.ROLLED_BACK


@every
def test_going_back_never_turns_round(strategy: Strategy, old: str | None) -> None:
    for deployment in states(strategy, old):
        if deployment.phase is Phase.ROLLING_BACK:
            after = {each.phase for _, each in states(strategy, old)[deployment]}
            assert after == {Phase.ROLLING_BACK, Phase.ROLLED_BACK}


@every
def test_only_evidence_or_a_named_person_leads_to_success(strategy: Strategy, old: str | None) -> None:
    compared = old is not None and bool(exposures(begun(strategy).plan))
    for deployment, seen, after in moves(strategy, old):
        if after.acting not in AFTER_EVIDENCE or deployment.acting in AFTER_EVIDENCE:
            continue
        assert after.phase is Phase.SHIFTING  # the last two follow from it alone, each by its own step
        if not compared:  # nothing to compare with, or nothing wanted: the hook's word is what there is
            assert (deployment.phase, seen.step) == (Phase.PRE_TRAFFIC, Step.DONE)
        elif deployment.phase is Phase.HELD:
            assert ([order.ask for order in seen.orders], after.sentence) == ([Ask.PROMOTE], "promoted by ann")
        else:
            assert deployment.phase is Phase.BAKING
            assert deployment.until is not None
            assert seen.at >= deployment.until
            assert seen.verdict is not None
            assert seen.verdict.kind is Kind.PASS


@every
def test_after_the_shift_each_phase_needs_its_own_step(strategy: Strategy, old: str | None) -> None:
    follows = {Phase.SHIFTING: Phase.POST_TRAFFIC, Phase.POST_TRAFFIC: Phase.SUCCEEDED}
    for deployment, seen, after in moves(strategy, old):
        if deployment.phase in follows and after.phase is follows[deployment.phase]:
            assert seen.step is Step.DONE
        elif after.phase in (Phase.POST_TRAFFIC, Phase.SUCCEEDED) and after.phase is not deployment.phase:
            assert deployment.resumes is after.phase


@every
def test_more_traffic_needs_a_verdict_that_passes(strategy: Strategy, old: str | None) -> None:
    for deployment, seen, after in moves(strategy, old):
        grows = weights(after).get("2", 0) > weights(deployment).get("2", 0)
        if deployment.phase is Phase.BAKING and grows:
            assert seen.verdict is not None
            assert seen.verdict.kind is Kind.PASS


@every
def test_what_speaks_against_it_wins_over_every_order_but_an_abort(strategy: Strategy, old: str | None) -> None:
    for deployment, seen, after in moves(strategy, old):
        if not deployment.exposed or deployment.phase.final:
            continue
        failed = seen.verdict is not None and seen.verdict.kind is Kind.FAIL
        rings = bool(set(seen.alarms) - set(deployment.ringing))
        if failed or rings or seen.crashing:
            assert after.phase is Phase.ROLLING_BACK


@every
def test_pause_freezes_the_traffic_and_the_clocks(strategy: Strategy, old: str | None) -> None:
    for deployment in states(strategy, old):
        paused = advance(deployment, asked(Ask.PAUSE))
        if paused.phase is not Phase.PAUSED or deployment.phase is Phase.PAUSED:
            continue
        assert weights(paused) == weights(deployment)
        for seen in observations(paused):
            after = advance(paused, seen)
            if after.phase is Phase.PAUSED:
                assert (weights(after), after.until) == (weights(deployment), paused.until)
            elif after.phase is not Phase.ROLLING_BACK:
                assert Ask.RESUME in {order.ask for order in seen.orders}
                assert after.phase is deployment.phase
                assert weights(after) == weights(deployment)
                assert seen.at - after.since == NOW - deployment.since  # as old as it was when it was paused
                left = after.until - seen.at if after.until else None
                assert left == (deployment.until - NOW if deployment.until else None)


@every
def test_nobody_can_be_forgotten(strategy: Strategy, old: str | None) -> None:
    """Where only people decide there is a last moment: whatever is held or paused for ever goes back."""
    for deployment in states(strategy, old):
        if deployment.phase in (Phase.HELD, Phase.PAUSED):
            assert advance(deployment, Observation(at=NOW + EVER)).phase is Phase.ROLLING_BACK


@every
def test_an_order_counts_once(strategy: Strategy, old: str | None) -> None:
    for deployment in states(strategy, old):
        for ask in Ask:
            seen = asked(ask)
            once = advance(deployment, seen)
            again = advance(once, seen)
            assert again == advance(once, replace(seen, orders=()))


@every
def test_a_crash_between_two_observations_changes_nothing(strategy: Strategy, old: str | None) -> None:
    for deployment in states(strategy, old):
        assert decode(encode(deployment)) == deployment
