"""What every kind of counts needs: adding tables, shares and means with their standard errors."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from shipway.domain.model_quality.measure import Measure

Key = TypeVar("Key")


def added(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    """Return the sum of two tables of counts."""
    total = dict(one)
    for name, count in other.items():
        total[name] = total.get(name, 0) + count
    return total


def share(part: int, whole: int) -> Measure:
    """Return a share with the standard error of a binomial one. whole: >= 1."""
    value = part / whole
    return Measure(value=value, error=math.sqrt(value * (1 - value) / whole))


def mean(values: Sequence[tuple[float, int]]) -> Measure:
    """Return the mean of (value, how often) pairs with its standard error."""
    rows = sum(count for _, count in values)
    middle = math.fsum(value * count for value, count in values) / rows
    spread = math.fsum(count * (value - middle) ** 2 for value, count in values) / rows
    return Measure(value=middle, error=math.sqrt(spread / rows))
