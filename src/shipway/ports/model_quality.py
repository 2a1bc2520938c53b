"""Labels and what they say about the model, as people ask about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shipway.domain.label import Accepted
from shipway.domain.model_quality import Degradation


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityWindow:
    """The answers of one release in one span of time, and what is known of them.

    name: "1d" or "7d". start, end: of the answers, not of the labels: a late label changes the window of its answer.
    predictions: answers that can be labelled; labels: of them; odd: labels that fit no prediction of this kind.
    measures: name -> value. degradation: against the release's evaluation.
    """

    release: int
    name: str
    start: datetime
    end: datetime
    predictions: int
    labels: int
    degradation: Degradation
    odd: int = 0
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def coverage(self) -> float:
        """The share of answers whose label is known, 0..1."""
        return self.labels / self.predictions if self.predictions else 0.0


class ModelQuality(Protocol):
    """Labels of one project, and the model's quality that follows from them."""

    def add(self, text: str, *, source: str, by: str) -> Accepted:
        """Keep labels, late or early, and return what became of them; telling one twice changes nothing.

        text: a file's content, as `domain.label.read_labels` takes it; source: what errors call it. A label whose
        prediction is not known yet waits for it. Raises LabelsInvalid.
        """

    def windows(self, days: int = 14) -> Sequence[QualityWindow]:
        """Return the days that have answers, newest first, and before them the newest seven days together."""
