"""From a second of evidence to the next state, and from a state to a verdict."""

from collections.abc import Iterable

from shipway.domain.verdict.evidence import Evidence
from shipway.domain.verdict.settings import Settings, Test
from shipway.domain.verdict.state import State, Verdict


def advance(state: State, settings: Settings, evidence: Iterable[Evidence]) -> State:
    """Return the state after these seconds."""
    raise NotImplementedError


def failed(state: State, settings: Settings) -> Test | None:
    """Return the test that rejects the new version, or None."""
    raise NotImplementedError


def verdict(state: State, settings: Settings) -> Verdict:
    """Return what the evidence so far says."""
    raise NotImplementedError
