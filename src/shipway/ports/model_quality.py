"""Labels and what they say about the model, as people ask about them."""

from collections.abc import Sequence
from typing import Protocol

from shipway.domain.label import Accepted
from shipway.domain.model_quality import QualityWindow

__all__ = ["ModelQuality", "QualityWindow"]


class ModelQuality(Protocol):
    """Labels of one project, and the model's quality that follows from them."""

    def add(self, text: str, *, source: str, by: str) -> Accepted:
        """Keep labels, late or early, and return what became of them; telling one twice changes nothing.

        text: a file's content, as `domain.label.read_labels` takes it; source: what errors call it. A label whose
        prediction is not known yet waits for it. Raises LabelsInvalid.
        """

    def windows(self, days: int = 14) -> Sequence[QualityWindow]:
        """Return the days that have answers, newest first, and before them the newest seven days together."""
