"""Replay: what a new version answers to the requests that the live one has just answered. Pure."""

from shipway.domain.replay.answers import Answer, Recorded
from shipway.domain.replay.compare import Case, Limits, Outcome, Report, compare
from shipway.domain.replay.slices import Slice

__all__ = ["Answer", "Case", "Limits", "Outcome", "Recorded", "Report", "Slice", "compare"]
