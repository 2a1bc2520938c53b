"""How each feature is counted: fixed by the baseline, the same for every hour that is compared with it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .kernel import Floats, Ints

SLOTS = 10  # blocks of an hour, six minutes each, between which the clustering of rows is seen
GROUPS = 11  # tenths of the baseline, and the missing values
CATEGORIES = 1000  # that are counted one by one
NULL = -1  # place of the missing values among the bins


@dataclass(frozen=True)
class Plan:
    """One feature. baseline: rows of each bin in the baseline; the last bin is null.

    edges, centre, deviation: of a numeric feature; its bins are -inf, below, between edges, above, +inf, NaN or text,
    null. categories: of the others, most frequent first; bins are the categories, all others, null.
    source: "input" or "output". singles: categories that the baseline has once.
    """

    name: str
    numeric: bool
    baseline: Ints
    edges: Floats = field(default_factory=lambda: np.empty(0))
    centre: float = 0.0
    deviation: float = 0.0
    categories: tuple[str, ...] = ()
    source: str = "input"
    singles: int = 0

    @cached_property
    def key(self) -> str:
        """What its counts are kept under: an output's baseline is learned, and may be learned again."""
        if self.source == "input":
            return self.name
        form = self.edges.tobytes() + "\0".join(self.categories).encode()
        return f"{self.source}:{self.name}:{hashlib.sha256(form).hexdigest()[:8]}"

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.baseline)

    @property
    def rows(self) -> int:
        """Rows of the baseline."""
        return int(self.baseline.sum())

    @cached_property
    def places(self) -> dict[str, int]:
        """Category -> its bin."""
        return {category: place for place, category in enumerate(self.categories)}

    @cached_property
    def groups(self) -> Ints:
        """The group of each bin, shape (bins,): what clustering is measured on.

        Tenths of a numeric baseline by rank, or nine categories and the rest; missing values are a group of their own.
        """
        if self.numeric and self.source == "output":  # its baseline still grows; its edges are quantiles, and stay
            group = np.arange(self.bins - 1) * (GROUPS - 1) // (self.bins - 1)
        elif self.numeric:
            total = max(1, int(self.baseline[:-1].sum()))
            middle = np.cumsum(self.baseline[:-1]) - (self.baseline[:-1] + 1) // 2
            group = np.clip(middle * (GROUPS - 1) // total, 0, GROUPS - 2)
        else:
            group = np.minimum(np.arange(self.bins - 1), GROUPS - 2)
        return np.concatenate((group, [GROUPS - 1])).astype(np.int64)

    def missing(self, counts: Ints) -> int:
        """Return how many of counted rows have no value: null, NaN, infinite."""
        return int(counts[0] + counts[-3] + counts[-2] + counts[-1]) if self.numeric else int(counts[-1])


def rows_of(plans: Sequence[Plan]) -> int:
    """Return the baseline's rows: of the feature that has most."""
    return max((plan.rows for plan in plans), default=0)
