"""Seconds of evidence in few words."""

from collections.abc import Iterable

from hypothesis import strategies as st

from shipway.domain.verdict import BINS, Counts, Evidence, Settings, State, advance, latency_bin

SMALL = st.integers(0, 50)
HISTOGRAMS = st.one_of(st.just(()), st.lists(SMALL, min_size=BINS, max_size=BINS).map(tuple))
CLASSES = st.one_of(st.none(), st.lists(SMALL, min_size=1, max_size=4).map(tuple))


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    """Any possible counts."""
    ok, client, server = draw(SMALL), draw(SMALL), draw(SMALL)
    return Counts(
        requests=ok + client + server,
        ok=ok,
        client_errors=client,
        server_errors=server,
        latency=draw(HISTOGRAMS),
        predictions=draw(CLASSES),
    )


def answers(ok: int = 0, errors: int = 0, client: int = 0, seconds: float | None = None) -> Counts:
    """Return counts of one version; seconds: the latency of each `ok` one, None when it is not measured."""
    bins = [0] * BINS
    if seconds is not None:
        bins[latency_bin(seconds)] = ok
    return Counts(
        requests=ok + errors + client,
        ok=ok,
        client_errors=client,
        server_errors=errors,
        latency=tuple(bins) if seconds is not None else (),
    )


def seen(pairs: Iterable[tuple[Counts | None, Counts | None]], settings: Settings, state: State | None = None) -> State:
    """Return the state after these (new, live) seconds, which follow what was seen before."""
    state = state or State()
    second = (state.asked or 999) + 1
    parts = [Evidence(second=second + at, new=new, old=old) for at, (new, old) in enumerate(pairs)]
    return advance(state, settings, parts)
