"""Metrics: a series of values over time, and what is kept of the values of each minute. Pure."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from shipway.domain.errors import ShipwayError

ERROR = 0.01  # a percentile differs from a value of its rank by 1 % of it at most
_GAMMA = (1 + ERROR) / (1 - ERROR)
_MIDDLE = 1 << 16  # above the number of any bucket of a float
_SIMPLE = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-/]{0,254}")


class StatisticUnknown(ShipwayError):
    """A statistic that CloudWatch does not have, or that Shipway does not keep enough for."""

    message: ClassVar[str] = "{statistic!r} is not a statistic"
    hint: ClassVar[str] = "write SampleCount, Sum, Average, Minimum, Maximum, or a percentile such as p99 or p99.9"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


class PeriodInvalid(ShipwayError):
    """A period for which no statistics are kept."""

    message: ClassVar[str] = "a period of {seconds} s is not whole minutes"
    hint: ClassVar[str] = "write 60 s, or a multiple of it"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


class SeriesInvalid(ShipwayError):
    """A metric or a dimension that cannot be named so."""

    message: ClassVar[str] = "{name!r} cannot be the name of a metric or a dimension"
    hint: ClassVar[str] = "begin with a letter or _, go on with letters, digits and _ . - /, at most 255"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One metric of one thing. dimensions: (name, value) pairs that say which thing, sorted by name.

    As in CloudWatch, other dimensions are another series: one without any is not the sum of those that have some.
    Raises SeriesInvalid.
    """

    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Sort the dimensions, so that equal series are equal."""
        for name in (self.name, *(name for name, _ in self.dimensions)):
            if not _NAME.fullmatch(name):
                raise SeriesInvalid(name=name)
        object.__setattr__(self, "dimensions", tuple(sorted(self.dimensions)))

    @classmethod
    def of(cls, name: str, dimensions: Mapping[str, str] | None = None) -> "Series":
        """Return the series with dimensions written as a mapping."""
        return cls(name, tuple((dimensions or {}).items()))

    def __str__(self) -> str:
        pairs = ", ".join(f"{name}={value}" for name, value in self.dimensions)
        return f"{self.name}{{{pairs}}}" if pairs else self.name


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is kept of many values: enough for every statistic, and it can be added up in any order.

    count: how many values; total: their sum. buckets: bucket -> how many of the values, each bucket of the same width
    relative to its values. Source of the buckets: Masson, Rim, Lee, "DDSketch: A Fast and Fully-Mergeable Quantile
    Sketch with Relative-Error Guarantees", VLDB 12 (2019).
    """

    count: int
    total: float
    minimum: float
    maximum: float
    buckets: Mapping[int, int]

    @classmethod
    def of(cls, values: Iterable[tuple[float, int]]) -> "Statistics | None":
        """Return what is kept of (value, how often) pairs; None when there is no value. NaN and infinity are none."""
        kept = [(value, count) for value, count in values if count > 0 and math.isfinite(value)]
        if not kept:
            return None
        buckets: dict[int, int] = {}
        for value, count in kept:
            place = bucket(value)
            buckets[place] = buckets.get(place, 0) + count
        return cls(
            count=sum(count for _, count in kept),
            total=math.fsum(value * count for value, count in kept),
            minimum=min(value for value, _ in kept),
            maximum=max(value for value, _ in kept),
            buckets=buckets,
        )

    def __add__(self, other: "Statistics") -> "Statistics":
        buckets = dict(self.buckets)
        for place, count in other.buckets.items():
            buckets[place] = buckets.get(place, 0) + count
        return Statistics(
            count=self.count + other.count,
            total=self.total + other.total,
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
            buckets=buckets,
        )

    def value(self, statistic: str) -> float:
        """Return one statistic of the values. Raises StatisticUnknown."""
        simple = {
            "SampleCount": float(self.count),
            "Sum": self.total,
            "Average": self.total / self.count,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
        }
        return simple[statistic] if statistic in simple else self._percentile(percentile(statistic))

    def _percentile(self, fraction: float) -> float:
        """Return the smallest value that this share of the values does not exceed, within ERROR of it."""
        rank, seen = max(1, math.ceil(fraction * self.count - 1e-9)), 0
        for place in sorted(self.buckets):
            seen += self.buckets[place]
            if seen >= rank:
                return min(max(_middle(place), self.minimum), self.maximum)
        return self.maximum


def percentile(statistic: str) -> float:
    """Return the share that "p99" or "p99.9" names, 0..1. Raises StatisticUnknown for anything else."""
    match = _PERCENTILE.fullmatch(statistic)
    if match is None:
        raise StatisticUnknown(statistic=statistic)
    return float(match[1]) / 100


def is_statistic(text: str) -> bool:
    """Tell whether this names a statistic."""
    return text in _SIMPLE or _PERCENTILE.fullmatch(text) is not None


def is_percentile(text: str) -> bool:
    """Tell whether this names a percentile."""
    return _PERCENTILE.fullmatch(text) is not None


def bucket(value: float) -> int:
    """Return the bucket of a finite value: buckets are in the order of their values, the one of nought is 0."""
    if value == 0:
        return 0
    place = _MIDDLE + math.ceil(math.log(abs(value)) / math.log(_GAMMA))
    return place if value > 0 else -place


def _middle(place: int) -> float:
    """Return the value that is within ERROR of every value of a bucket."""
    if place == 0:
        return 0.0
    size = 2 * _GAMMA ** (abs(place) - _MIDDLE) / (_GAMMA + 1)
    return size if place > 0 else -size
