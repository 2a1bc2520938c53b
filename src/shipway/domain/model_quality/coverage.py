"""Days of answers whose labels should be known by now, and which of them have too few. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shipway.domain.model_quality.windows import DAY, Counted, day_of
from shipway.domain.project import MonitoringSettings
from shipway.domain.units import format_duration

TOLD_FOR = timedelta(days=7)  # a day that has been due for longer is no news


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One day of answers, of all releases. labels: how many of the answers have one, 0..predictions."""

    day: datetime
    predictions: int
    labels: int

    @property
    def share(self) -> float:
        """The share of the answers whose label is known, 0..1."""
        return self.labels / self.predictions


def since(settings: MonitoringSettings, now: datetime) -> datetime:
    """Return from when on answers are looked at."""
    return now - settings.label_window - TOLD_FOR - DAY


def due(found: Sequence[Counted], settings: MonitoringSettings, now: datetime) -> list[Coverage]:
    """Return the days with answers whose last label is due by now, the newest first, as long as they are news.

    found: hours or days since `since`, in any order.
    """
    days: dict[datetime, tuple[int, int]] = {}
    for each in found:
        predictions, labels = days.get(day_of(each), (0, 0))
        days[day_of(each)] = predictions + each.predictions, labels + each.labels
    return [
        Coverage(day=day, predictions=predictions, labels=labels)
        for day, (predictions, labels) in sorted(days.items(), reverse=True)
        if predictions and day >= since(settings, now) and day + DAY + settings.label_window <= now
    ]


def lacking(due: Sequence[Coverage], settings: MonitoringSettings) -> list[Coverage]:
    """Return the days that have fewer labels than the project expects."""
    return [each for each in due if each.share < settings.label_coverage]


def sentence(coverage: Coverage, settings: MonitoringSettings) -> str:
    """Return what lacks, with its numbers."""
    share, expected = f"{100 * coverage.share:.3g} %", f"{100 * settings.label_coverage:.3g} %"
    answers = f"{coverage.labels} of {coverage.predictions} answers of {coverage.day:%Y-%m-%d} ({share})"
    return f"{answers} have a label {format_duration(settings.label_window)} later, {expected} should"
