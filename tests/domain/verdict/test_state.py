"""What is written down each second comes back as it was."""

import json

from hypothesis import given
from hypothesis import strategies as st

from scenes import answers, counts
from shipway.domain.verdict import Evidence, Settings, State, advance, dump, load, verdict

SECONDS = st.lists(st.tuples(st.none() | counts(), st.none() | counts()), max_size=20)


@given(SECONDS, st.sampled_from([Settings(), Settings(live=False), Settings(max_latency=0.1, false_rollback=0.01)]))
def test_a_state_survives_json_and_goes_on_as_if_nothing_had_happened(pairs, settings):
    straight = stopped = State()
    for at, (new, old) in enumerate(pairs):
        second = [Evidence(second=at, new=new, old=old)]
        straight = advance(straight, settings, second)
        stopped = load(json.loads(json.dumps(dump(advance(stopped, settings, second)))))
    assert stopped == straight
    assert verdict(stopped, settings) == verdict(straight, settings)


def test_the_curve_stays_small():
    state = State()
    for second in range(2000):
        state = advance(
            state, Settings(), [Evidence(second=second, new=answers(1, seconds=0.02), old=answers(9, seconds=0.02))]
        )
    assert 120 <= len(state.curve) <= 241
    assert len(json.dumps(dump(state))) < 60_000
