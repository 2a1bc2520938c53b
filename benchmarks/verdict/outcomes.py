"""How runs ended, and their summary."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class End(StrEnum):
    """How one simulated release ended."""

    ROLLED_BACK = "rolled back"
    PASSED = "passed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run. second: when it ended, since the bake began."""

    end: End
    second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Shares of the runs, 0..1; median and p95: seconds until the rollback, None without one."""

    rolled_back: float
    passed: float
    held: float
    median: float | None
    p95: float | None


def summary(outcomes: Sequence[Outcome]) -> Summary:
    """Return the shares and times of at least one run."""
    times = sorted(one.second for one in outcomes if one.end is End.ROLLED_BACK)
    runs = len(outcomes)
    return Summary(
        rolled_back=len(times) / runs,
        passed=sum(one.end is End.PASSED for one in outcomes) / runs,
        held=sum(one.end is End.HELD for one in outcomes) / runs,
        median=statistics.median(times) if times else None,
        p95=times[min(len(times) - 1, int(0.95 * len(times)))] if times else None,
    )
