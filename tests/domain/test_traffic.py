"""Splits that may be asked for, the weights that keep them, and counting."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.traffic import (
    Counts,
    InvalidWeights,
    KeyNameInvalid,
    VersionNotFound,
    check_key_name,
    check_weights,
    server_weights,
)

KNOWN = {"1": None, "2": None, "3": None}


@pytest.mark.parametrize(
    ("weights", "split"),
    [
        ({"1": 100}, {"1": 100}),
        ({"1": 90, "2": 10}, {"1": 90, "2": 10}),
        ({"1": 100, "2": 0}, {"1": 100}),
        ({"1": 99, "2": 1, "3": 0}, {"1": 99, "2": 1}),
    ],
)
def test_a_split_that_adds_up(weights: dict[str, int], split: dict[str, int]) -> None:
    assert check_weights("predict", weights, KNOWN) == split


@pytest.mark.parametrize(
    ("weights", "problem"),
    [
        ({}, "0 versions"),
        ({"1": 0}, "0 versions"),
        ({"1": 34, "2": 33, "3": 33}, "3 versions"),
        ({"1": 90, "2": 9}, "add up to 99"),
        ({"1": 110, "2": -10}, "110 is not a whole percent"),
        ({"1": True, "2": 99}, "True is not a whole percent"),
    ],
)
def test_a_split_that_no_balancer_keeps(weights: dict[str, int], problem: str) -> None:
    with pytest.raises(InvalidWeights, match=problem):
        check_weights("predict", weights, KNOWN)


def test_a_version_that_is_not_there() -> None:
    with pytest.raises(VersionNotFound, match="no version '9'; there are: 1, 2, 3"):
        check_weights("predict", {"9": 100}, KNOWN)


@pytest.mark.parametrize(
    ("split", "servers", "weights"),
    [
        ({"1": 100}, {"1": 2}, {"1": 1}),
        ({"1": 90, "2": 10}, {"1": 2, "2": 2}, {"1": 9, "2": 1}),
        ({"1": 90, "2": 10}, {"1": 2, "2": 1}, {"1": 9, "2": 2}),
        ({"1": 99, "2": 1}, {"1": 1, "2": 1}, {"1": 99, "2": 1}),
        ({"1": 99, "2": 1}, {"1": 3, "2": 4}, {"1": 132, "2": 1}),
        ({"1": 99, "2": 1}, {"1": 1, "2": 4}, {"1": 256, "2": 1}),  # 396 : 1 is more than a server can have
    ],
)
def test_weights_of_single_servers(split: dict[str, int], servers: dict[str, int], weights: dict[str, int]) -> None:
    assert server_weights(split, servers) == weights


@given(st.integers(1, 99), st.integers(1, 4), st.integers(1, 4))
def test_shares_are_what_is_asked(percent: int, ones: int, twos: int) -> None:
    weights = server_weights({"1": percent, "2": 100 - percent}, {"1": ones, "2": twos})
    assert all(1 <= weight <= 256 for weight in weights.values())
    share = Fraction(weights["1"] * ones, weights["1"] * ones + weights["2"] * twos)
    assert abs(float(share) * 100 - percent) < 0.6
    assert ones != twos or share == Fraction(percent, 100)


def test_counting_from_a_baseline_takes_the_earlier_mean_out() -> None:
    before = Counts(requests=1000, ok=1000, latency_ms=100.0)
    fading = (1 - 1 / 1024) ** 500
    after = Counts(requests=1500, ok=1490, server_errors=10, failures=2, latency_ms=100 * fading + 20 * (1 - fading))
    since = after.since(before)
    assert (since.requests, since.ok, since.server_errors, since.failures) == (500, 490, 10, 2)
    assert since.latency_ms == pytest.approx(20, abs=0.01)


def test_a_counter_that_began_again_is_not_negative() -> None:
    assert Counts(requests=5, ok=5).since(Counts(requests=9, ok=9)) == Counts()


def test_counts_add_up_with_their_means_weighted() -> None:
    total = Counts(requests=30, ok=30, latency_ms=10).plus(Counts(requests=10, client_errors=10, latency_ms=50))
    assert total == Counts(requests=40, ok=30, client_errors=10, latency_ms=20)
    assert Counts().plus(Counts()) == Counts()


@pytest.mark.parametrize("name", ["", "two words", "line\n", "x" * 65])
def test_a_clients_name_fits_into_a_table(name: str) -> None:
    assert check_key_name("alice.smith-2_x") == "alice.smith-2_x"
    with pytest.raises(KeyNameInvalid):
        check_key_name(name)
