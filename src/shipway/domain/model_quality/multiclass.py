"""Counts of a model that says which of some classes it is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from shipway.domain.model_quality.adding import added, share
from shipway.domain.model_quality.measure import Measure
from shipway.domain.project import Predicts
from shipway.domain.values import JsonObject


@dataclass(frozen=True, slots=True)
class Multiclass:
    """Classes: label -> what was predicted -> how many."""

    confusion: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many pairs."""
        return sum(sum(row.values()) for row in self.confusion.values())

    def __add__(self, other: "Multiclass") -> "Multiclass":
        labels = {*self.confusion, *other.confusion}
        return Multiclass({each: added(self.confusion.get(each, {}), other.confusion.get(each, {})) for each in labels})

    def measures(self) -> dict[str, Measure]:
        """Return accuracy, and the mean of the classes' F1."""
        if not self.rows:
            return {}
        classes = sorted({*self.confusion, *(name for row in self.confusion.values() for name in row)})
        right = sum(self.confusion.get(each, {}).get(each, 0) for each in classes)
        scores = [self._f1(each) for each in classes]
        return {"accuracy": share(right, self.rows), "macro_f1": Measure(value=math.fsum(scores) / len(scores))}

    def document(self) -> JsonObject:
        """Return the counts as JSON."""
        return {
            "predicts": Predicts.MULTICLASS.value,
            "confusion": {label: dict(row) for label, row in self.confusion.items()},
        }

    def _f1(self, name: str) -> float:
        right = self.confusion.get(name, {}).get(name, 0)
        labelled = sum(self.confusion.get(name, {}).values())
        predicted = sum(row.get(name, 0) for row in self.confusion.values())
        return 2 * right / (labelled + predicted) if labelled + predicted else 0.0
