"""Counts add up in any order, and impossible ones are refused."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes import counts
from shipway.domain.verdict import (
    BINS,
    EDGES,
    Counts,
    Evidence,
    InvalidEvidence,
    Settings,
    State,
    advance,
    latency_bin,
    merged,
)


@given(st.lists(counts(), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_merging_does_not_matter(parts, random):
    shuffled = list(parts)
    random.shuffle(shuffled)
    half = len(parts) // 2
    assert merged(parts) == merged(shuffled) == merged(parts[:half]) + merged(parts[half:])
    assert merged(parts) == reduce(Counts.__add__, reversed(parts), Counts())


@given(st.lists(st.tuples(counts(), counts()), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_seconds_may_come_in_any_order_twice_or_in_parts(pairs, random):
    settings = Settings(min_requests=1)
    parts = [Evidence(second=100 + at, new=new, old=old) for at, (new, old) in enumerate(pairs)]
    whole = advance(State(), settings, parts)
    shuffled = parts * 2
    random.shuffle(shuffled)
    assert advance(State(), settings, shuffled) == whole
    one_by_one = State()
    for part in parts:
        one_by_one = advance(advance(one_by_one, settings, [part]), settings, parts[:1])
    assert one_by_one == whole


def test_latency_bins_hold_what_their_edges_say():
    assert latency_bin(0.0) == latency_bin(0.001) == 0
    assert latency_bin(0.0010001) == 1
    assert latency_bin(EDGES[-1] + 1) == BINS - 1 == 65
    for at, edge in enumerate(EDGES):
        assert latency_bin(edge) == at


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Counts(requests=3, ok=1), "3 requests are not the sum of ok, client errors and server errors"),
        (Counts(requests=-1, ok=-1), "a count is negative"),
        (Counts(requests=1, ok=1, latency=(1, 0)), "2 latency bins, there are 66"),
    ],
)
def test_impossible_counts_are_refused(wrong, sentence):
    with pytest.raises(InvalidEvidence) as caught:
        advance(State(), Settings(), [Evidence(second=7, new=wrong, old=Counts())])
    assert str(caught.value) == f"the evidence of second 7 cannot be used: {sentence}"
