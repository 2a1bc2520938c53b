"""The fault drill: which candidates are deployed, what must become of each, and whether it did."""

from shipway.domain.drill.catalogue import CANDIDATES, Candidate, CandidateUnknown, Expect, chosen
from shipway.domain.drill.detectable import smallest
from shipway.domain.drill.rules import MARGIN, RIGHT, End, Report, Row, Seen, assessed, found_by, limit_of

__all__ = [
    "CANDIDATES",
    "MARGIN",
    "RIGHT",
    "Candidate",
    "CandidateUnknown",
    "End",
    "Expect",
    "Report",
    "Row",
    "Seen",
    "assessed",
    "chosen",
    "found_by",
    "limit_of",
    "smallest",
]
