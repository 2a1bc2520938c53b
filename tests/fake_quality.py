"""Labels in memory: a hundred answers of one day, all of which can be labelled."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shipway.domain.label import Accepted, read_labels
from shipway.domain.model_quality import Degradation, QualityVerdict
from shipway.domain.values import Json
from shipway.ports.model_quality import QualityWindow

DAY = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class FakeQuality:
    """known: labels by inference id."""

    known: dict[str, Json] = field(default_factory=dict)

    def add(self, text: str, *, source: str, by: str) -> Accepted:  # noqa: ARG002
        labels, faults = read_labels(text, source)
        new = {each.inference: each.value for each in labels if each.inference not in self.known}
        told = [each for each in labels if each.inference in self.known]
        conflicts = [
            f"{each.inference}: had {self.known[each.inference]}, got {each.value}"
            for each in told
            if self.known[each.inference] != each.value
        ]
        self.known |= new
        return Accepted(
            new=len(new),
            repeated=len(told) - len(conflicts),
            joined=len(new),
            conflicts=tuple(conflicts),
            faults=tuple(faults),
        )

    def windows(self, days: int = 14) -> Sequence[QualityWindow]:  # noqa: ARG002
        labels = len(self.known)
        return [
            QualityWindow(
                release=1,
                name="1d",
                start=DAY,
                end=DAY + timedelta(days=1),
                predictions=100,
                labels=labels,
                degradation=Degradation(
                    verdict=QualityVerdict.INCONCLUSIVE, sentence=f"{labels} labels are too few", metric="roc_auc"
                ),
            )
        ]
