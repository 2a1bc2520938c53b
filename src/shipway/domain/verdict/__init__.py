"""The release verdict: is the new version worse than the live one, on the same seconds? Pure; may stop anywhere.

    state = advance(state, settings, [Evidence(second=..., new=Counts(...), old=Counts(...))])
    verdict(state, settings).kind

Every comparison is an anytime-valid test, so it may be asked each second. docs/explanations/verdict.md has the method.
"""

from shipway.domain.verdict.decide import advance, failed
from shipway.domain.verdict.evidence import BINS, EDGES, Counts, Evidence, InvalidEvidence, latency_bin, merged
from shipway.domain.verdict.judge import verdict
from shipway.domain.verdict.settings import InvalidSettings, Settings, Test, allowed
from shipway.domain.verdict.state import Curve, Kind, Point, State, Verdict, Wealth, dump, load

__all__ = [
    "BINS",
    "EDGES",
    "Counts",
    "Curve",
    "Evidence",
    "InvalidEvidence",
    "InvalidSettings",
    "Kind",
    "Point",
    "Settings",
    "State",
    "Test",
    "Verdict",
    "Wealth",
    "advance",
    "allowed",
    "dump",
    "failed",
    "latency_bin",
    "load",
    "merged",
    "verdict",
]
