"""Where the differences are: the features, and the values of them, at which two versions disagree most."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shipway.domain.replay.answers import Leaf, Row

FEWEST = 5  # rows of a slice
CATEGORIES = 8  # values of a feature up to which each is a slice of its own
STRIKING = 3.5  # standard errors above the share of all rows; about one slice in 4,000 gets there by chance
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Rows with certain values of one feature. differing: of its `rows`. excess: in standard errors above all rows."""

    feature: str
    values: str
    rows: int
    differing: int
    excess: float

    def __str__(self) -> str:
        return f"{self.feature} {self.values} ({self.differing} of {self.rows} differ)"


def striking(units: Sequence[tuple[Row, bool]]) -> tuple[Slice, ...]:
    """Return the slices in which far more answers differ than elsewhere, worst first, one a feature.

    units: features of a row, and whether its answers differ.
    """
    share = sum(differs for _, differs in units) / len(units) if units else 0.0
    if share in (0.0, 1.0):
        return ()
    names = dict.fromkeys(name for row, _ in units for name in row)
    found = []
    for name in names:
        slices = [
            Slice(
                feature=name,
                values=label,
                rows=len(part),
                differing=sum(part),
                excess=round((sum(part) - len(part) * share) / math.sqrt(len(part) * share * (1 - share)), 2),
            )
            for label, part in _parts([(row[name], differs) for row, differs in units if name in row]).items()
            if len(part) >= FEWEST
        ]
        found += sorted((each for each in slices if each.excess >= STRIKING), key=lambda each: -each.excess)[:1]
    return tuple(sorted(found, key=lambda each: (-each.excess, each.feature))[:SHOWN])


def _parts(values: Sequence[tuple[Leaf, bool]]) -> Mapping[str, list[bool]]:
    """Return slice -> whether each of its rows differs: a slice a value, or a quarter of a number's range."""
    parts: dict[str, list[bool]] = {}
    numbers = sorted(float(value) for value, _ in values if isinstance(value, int | float))
    many = len(set(numbers)) > CATEGORIES
    edges = [numbers[len(numbers) * quarter // 4] for quarter in (1, 2, 3)] if many else []
    for value, differs in values:
        label = _between(float(value), edges) if many and isinstance(value, int | float) else _named(value)
        parts.setdefault(label, []).append(differs)
    return parts if len(parts) <= 4 * CATEGORIES else {}


def _between(value: float, edges: Iterable[float]) -> str:
    low = max((edge for edge in edges if edge <= value), default=None)
    high = min((edge for edge in edges if edge > value), default=None)
    if low is None:
        return f"below {high:g}"
    return f"from {low:g}" if high is None else f"from {low:g} to {high:g}"


def _named(value: Leaf) -> str:
    return "missing" if value in (None, "") else f"= {value}"
