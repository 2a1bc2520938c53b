"""Counts of a model that says how likely something is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shipway.domain.model_quality.adding import added, mean, share
from shipway.domain.model_quality.measure import Measure
from shipway.domain.project import Predicts
from shipway.domain.values import JsonObject

BINS = 1024
TENTHS = 10  # groups of a calibration: ten of equal width


@dataclass(frozen=True, slots=True)
class Binary:
    """Scores 0..1 in BINS bins of equal width, by label: bin -> how many."""

    negatives: Mapping[int, int] = field(default_factory=dict)
    positives: Mapping[int, int] = field(default_factory=dict)
    threshold: float = 0.5

    @property
    def rows(self) -> int:
        """How many pairs."""
        return sum(self.negatives.values()) + sum(self.positives.values())

    def __add__(self, other: "Binary") -> "Binary":
        return Binary(
            added(self.negatives, other.negatives), added(self.positives, other.positives), threshold=self.threshold
        )

    def measures(self) -> dict[str, Measure]:
        """Return the measures; those that need both labels only when both are there."""
        if not self.rows:
            return {}
        found = {**self._at_threshold(), **self._of_probabilities()}
        if self.negatives and self.positives:
            found["roc_auc"] = self._auc()
        return found

    def document(self) -> JsonObject:
        """Return the counts as JSON."""
        return {
            "predicts": Predicts.BINARY.value,
            "threshold": self.threshold,
            "negatives": {str(place): count for place, count in self.negatives.items()},
            "positives": {str(place): count for place, count in self.positives.items()},
        }

    def _auc(self) -> Measure:
        """Return the area under the ROC curve; scores of one bin count as equal.

        The error is from: Hanley, McNeil, "The meaning and use of the area under a receiver operating characteristic
        curve", Radiology 143 (1982).
        """
        below, area = 0, 0.0
        for place in sorted({*self.negatives, *self.positives}):
            here = self.negatives.get(place, 0)
            area += self.positives.get(place, 0) * (below + here / 2)
            below += here
        positives, negatives = sum(self.positives.values()), below
        auc = area / (positives * negatives)
        first, second = auc / (2 - auc), 2 * auc * auc / (1 + auc)
        spread = auc * (1 - auc) + (positives - 1) * (first - auc**2) + (negatives - 1) * (second - auc**2)
        return Measure(value=auc, error=math.sqrt(max(spread, 0.0) / (positives * negatives)))

    def _at_threshold(self) -> dict[str, Measure]:
        """Return what follows from calling a score at or above the threshold a yes."""
        bar = math.ceil(self.threshold * BINS - 1e-9)
        yes_right = sum(count for place, count in self.positives.items() if place >= bar)
        yes_wrong = sum(count for place, count in self.negatives.items() if place >= bar)
        no_wrong = sum(self.positives.values()) - yes_right
        found = {"accuracy": share(self.rows - yes_wrong - no_wrong, self.rows)}
        if yes_right + yes_wrong:
            found["precision"] = share(yes_right, yes_right + yes_wrong)
        if yes_right + no_wrong:
            found["recall"] = share(yes_right, yes_right + no_wrong)
            found["f1"] = Measure(value=2 * yes_right / (2 * yes_right + yes_wrong + no_wrong))
        return found

    def _of_probabilities(self) -> dict[str, Measure]:
        """Return what follows from the scores as probabilities, each taken as the middle of its bin."""
        scores = [((place + 0.5) / BINS, 0, count) for place, count in self.negatives.items()]
        scores += [((place + 0.5) / BINS, 1, count) for place, count in self.positives.items()]
        return {
            "brier_score": mean([((score - label) ** 2, count) for score, label, count in scores]),
            "log_loss": mean([(-math.log(score if label else 1 - score), count) for score, label, count in scores]),
            "calibration": self._calibration(scores),
        }

    def _calibration(self, scores: Sequence[tuple[float, int, int]]) -> Measure:
        """Return the expected calibration error: how far shares are from probabilities, tenth by tenth."""
        groups: dict[int, list[float]] = {}
        for score, label, count in scores:
            group = groups.setdefault(int(score * TENTHS), [0.0, 0.0])
            group[0] += score * count
            group[1] += label * count
        return Measure(value=sum(abs(said - was) for said, was in groups.values()) / self.rows)
