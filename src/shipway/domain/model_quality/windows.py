"""What some weeks of labelled answers say: each day of a release, and its newest seven days together. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shipway.domain.model_quality.compare import Degradation, QualitySettings, compare
from shipway.domain.model_quality.counts import Counts, counts_from, empty
from shipway.domain.project import Predicts, Project
from shipway.domain.values import JsonObject

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Answers of one release within one day, and what is known of them.

    at: the begin of their hour, or of their day; UTC. counts: a document of `Counts`, None before anything is labelled.
    """

    release: int
    at: datetime
    predictions: int
    labels: int
    odd: int
    counts: JsonObject | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What windows are held against. gate: the gate's metric. evaluation: release -> metric -> value."""

    settings: QualitySettings
    gate: str
    evaluation: Callable[[int], Mapping[str, object]]


def standard_of(project: Project, evaluation: Callable[[int], Mapping[str, object]]) -> Standard:
    """Return what a project's windows are held against. evaluation: of a release."""
    monitoring = project.monitoring
    settings = QualitySettings(
        tolerance=monitoring.quality_tolerance, budget=monitoring.drift_budget, metric=monitoring.quality_metric
    )
    return Standard(settings=settings, gate=project.gate.metric, evaluation=evaluation)


def windows(found: Sequence[Counted], standard: Standard) -> list[QualityWindow]:
    """Return the days that have answers, newest first, and before them the newest seven days together.

    found: in the order of time.
    """
    by_day: dict[tuple[int, datetime], list[Counted]] = {}
    for each in found:
        by_day.setdefault((each.release, day_of(each)), []).append(each)
    singles = [_window(standard, "1d", day, day + DAY, parts) for (_, day), parts in by_day.items()]
    return [*_week(found, standard), *sorted(singles, key=lambda each: (each.start, each.release))[::-1]]


def loss(found: Sequence[QualityWindow], release: int) -> float | None:
    """Return how much worse than its evaluation a release is at least, 0 or more; None where no labels tell.

    The newest day with enough labels and the newest seven days together are looked at; the greater loss counts.
    """
    told = [each for each in found if each.release == release and each.degradation.bound is not None]
    newest = [*[each for each in told if each.name == "7d"][:1], *[each for each in told if each.name == "1d"][:1]]
    return max((max(each.degradation.bound or 0.0, 0.0) for each in newest), default=None)


def day_of(part: Counted) -> datetime:
    """Return the begin of the day (UTC) that it belongs to."""
    return part.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _week(found: Sequence[Counted], standard: Standard) -> list[QualityWindow]:
    """Return the newest seven days of the newest release together; none when they are but one day."""
    if not found:
        return []
    newest = found[-1]
    end = day_of(newest) + DAY
    parts = [each for each in found if each.release == newest.release and each.at >= end - WEEK]
    if len({day_of(each) for each in parts}) < 2:
        return []
    return [_window(standard, "7d", end - WEEK, end, parts)]


def _window(standard: Standard, name: str, start: datetime, end: datetime, parts: Sequence[Counted]) -> QualityWindow:
    counts = together([each.counts for each in parts if each.counts])
    release = parts[0].release
    return QualityWindow(
        release=release,
        name=name,
        start=start,
        end=end,
        predictions=sum(each.predictions for each in parts),
        labels=sum(each.labels for each in parts),
        odd=sum(each.odd for each in parts),
        measures={measure: each.value for measure, each in counts.measures().items()},
        degradation=compare(standard.settings, standard.gate, standard.evaluation(release), counts),
    )


def together(documents: Sequence[JsonObject]) -> Counts:
    """Return the counts of some hours together; hours of another kind than the newest are left out."""
    if not documents:
        return empty(Predicts.REGRESSION)
    same = [counts_from(each) for each in documents if each["predicts"] == documents[-1]["predicts"]]
    total = same[0]
    for each in same[1:]:
        total = total + each
    return total
