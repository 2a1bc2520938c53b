"""The bets are fair: under "no worse" the mean of a factor is at most 1, counted over every possible outcome."""

from itertools import product
from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.verdict import Wealth
from shipway.domain.verdict.betting import (
    AT_ONCE,
    MOST,
    against_limit,
    beyond_tolerance,
    play,
    stake,
    times_odds,
    two_by_two,
)

RATES = (0.0, 0.05, 0.3, 0.9, 1.0)


def binomial(of: int, hits: int, rate: float) -> float:
    """Return the chance of so many hits."""
    return comb(of, hits) * rate**hits * (1 - rate) ** (of - hits)


@pytest.mark.parametrize("sizes", [(1, 1), (1, 9), (3, 2), (4, 4)])
@pytest.mark.parametrize(("new", "old"), [(low, high) for low, high in product(RATES, RATES) if low <= high])
def test_a_version_that_is_no_worse_gains_nothing_on_average_for_the_one_who_bets_against_it(sizes, new, old):
    answers, others = sizes
    for at, _ in enumerate((2.5, 40.0)):
        mean = sum(
            binomial(answers, bad, new)
            * binomial(others, worse, old)
            * two_by_two((answers, bad), (others, worse), (2.5, 40.0))[at]
            for bad in range(answers + 1)
            for worse in range(others + 1)
        )
        assert mean <= 1 + 1e-9
        if new == old:
            assert isclose(mean, 1, rel_tol=1e-9)  # a martingale: nothing is given away where the versions are alike


@given(st.integers(1, 6), st.integers(1, 6), st.data())
def test_the_comparison_holds_whatever_ties_the_errors_together_as_long_as_the_split_was_random(answers, others, data):
    """Of any fixed number of bad answers in a block, each way to share them out is equally likely."""
    total = data.draw(st.integers(0, answers + others))
    ways = range(max(0, total - others), min(answers, total) + 1)
    chance = [comb(answers, bad) * comb(others, total - bad) / comb(answers + others, total) for bad in ways]
    factors = [two_by_two((answers, bad), (others, total - bad), (8.0,))[0] for bad in ways]
    assert isclose(sum(map(float.__mul__, chance, factors)), 1, rel_tol=1e-9)
    assert factors == sorted(factors)  # more errors of the new version never speak for it


def test_a_block_without_errors_or_of_one_version_says_nothing():
    assert two_by_two((5, 0), (9, 0), (8.0,)) == (1.0,)
    assert two_by_two((5, 5), (9, 9), (8.0,)) == (1.0,)
    assert two_by_two((5, 2), (0, 0), (8.0,)) == (1.0,)


def test_large_blocks_stay_finite():
    (factor,) = two_by_two((20_000, 900), (180_000, 9_000), (8.0,))
    assert 0 <= factor < 1
    (factor,) = two_by_two((20_000, 5_000), (180_000, 900), (2.5,))
    assert 1e59 < factor <= 1.001 * MOST


@pytest.mark.parametrize("limit", [0.01, 0.05, 0.4])
@pytest.mark.parametrize("rate", [0.5, 0.99, 1.0])
def test_a_bet_above_a_limit_is_fair_at_the_limit_and_below(limit, rate):
    for true in (limit, limit / 2, 0.0):
        mean = sum(binomial(4, bad, true) * against_limit(4, bad, limit, rate) for bad in range(5))
        assert mean <= 1 + 1e-9
        assert true < limit or isclose(mean, 1, rel_tol=1e-9)


def test_a_bet_for_passing_is_fair_at_the_rate_that_it_rules_out_and_above():
    for true in (0.2, 0.6, 1.0):
        assert sum(binomial(4, bad, true) * against_limit(4, bad, 0.2, 0.05) for bad in range(5)) <= 1 + 1e-9


@pytest.mark.parametrize("sizes", [(1, 9), (3, 3), (5, 1)])
@pytest.mark.parametrize("rates", [(0.6, 0.3), (0.95, 0.01), (0.35, 0.2)])
def test_a_bet_beyond_a_tolerance_is_fair_for_every_pair_within_it(sizes, rates):
    (answers, others), tolerance = sizes, 0.1
    for old in (0.0, 0.2, 0.45, 0.9):
        for new in (old + tolerance, old, old / 2):
            mean = sum(
                binomial(answers, hits, new)
                * binomial(others, more, old)
                * beyond_tolerance((answers, hits), (others, more), rates, tolerance)
                for hits in range(answers + 1)
                for more in range(others + 1)
            )
            assert mean <= 1 + 1e-9


def test_no_bet_is_made_within_the_tolerance_or_on_one_version_alone():
    assert beyond_tolerance((5, 5), (5, 0), (0.35, 0.3), 0.1) == 1
    assert beyond_tolerance((5, 5), (0, 0), (0.9, 0.1), 0.1) == 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_money_played_over_blocks_keeps_its_mean(sizes):
    """Every outcome of a few blocks of one new and some live answers, all failing alike: the mean stays 1."""
    rate, weights, odds = 0.3, (0.5, 0.5), (3.0, 30.0)
    reached: list[tuple[float, Wealth]] = [(1.0, stake(weights))]
    for others in sizes:
        reached = [
            (
                chance * binomial(1, bad, rate) * binomial(others, worse, rate),
                play(wealth, weights, two_by_two((1, bad), (others, worse), odds)),
            )
            for chance, wealth in reached
            for bad in range(2)
            for worse in range(others + 1)
        ]
    assert isclose(sum(chance * wealth.value for chance, wealth in reached), 1, rel_tol=1e-9)
    exceeded = sum(chance for chance, wealth in reached if wealth.peak >= 4)
    assert exceeded <= 1 / 4  # Ville's inequality, exactly


def test_what_is_in_reserve_still_catches_a_version_that_turns_bad_late():
    wealth = stake((1.0,))
    for _ in range(200):
        wealth = play(wealth, (1.0,), (0.5,))
    assert wealth.active[0] < 1e-2 < AT_ONCE
    for _ in range(12):
        wealth = play(wealth, (1.0,), (3.0,))
    assert wealth.peak > 100


def test_a_peak_is_noted_only_where_it_may_count():
    assert play(stake((1.0,)), (1.0,), (50.0,), counts=False).peak == 1
    assert play(stake((1.0,)), (1.0,), (50.0,)).peak > 40


def test_odds_are_multiplied():
    assert isclose(times_odds(0.05, 5), 0.25 / 0.95 * 1.0 / (1 + 0.25 / 0.95))
    assert times_odds(0.0, 5) == 0
    assert times_odds(1.0, 5) == 1
