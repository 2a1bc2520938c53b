"""What the command line and the console ask about metrics. The docstrings are the contract."""

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """One series. unit: in CloudWatch's words, "None" where there is none. count: of all its values so far."""

    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    unit: str
    count: int
    newest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A statistic of one period. at: its begin."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Which periods are asked for: those that begin at multiples of `period` since 1970, from `start` to `end`.

    period: whole minutes. statistic: SampleCount, Sum, Average, Minimum, Maximum, or a percentile such as p99.
    """

    start: datetime
    end: datetime
    period: timedelta
    statistic: str


class Metrics(Protocol):
    """The metrics of a project: kept 15 days by the minute, 63 by 5 minutes, 455 by the hour."""

    def list(self, name: str = "") -> Sequence[SeriesView]:
        """Return every series that has values, sorted; `name`: those of one metric."""

    def points(self, name: str, dimensions: Mapping[str, str], wanted: Range) -> builtins.list[Point]:
        """Return a statistic of each period that has values, oldest first; empty for a series without any.

        Raises StatisticUnknown, SeriesInvalid, PeriodInvalid.
        """
