"""Model quality on this machine: captured answers and labels become counts by the hour, and those a comparison."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shipway.domain import names
from shipway.domain.capture import Record, parse_key
from shipway.domain.capture_values import predictions
from shipway.domain.label import Accepted, read_labels
from shipway.domain.model_quality import Counts, QualitySettings, compare, count, counts_from, empty, settled
from shipway.domain.project import MonitoringSettings, Predicts, Project
from shipway.domain.store.errors import ObjectNotFound, VersionNotFound
from shipway.domain.store.object import StoreEvent
from shipway.domain.values import JsonObject, canonical
from shipway.ports.model_quality import QualityWindow
from shipway.targets.local.home import Home
from shipway.targets.local.model_quality.cells import Cells
from shipway.targets.local.model_quality.rows import HOUR, HourCounts, Prediction, QualityRows

BATCH = 100  # of the store's events that are read in one transaction
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
KEPT = timedelta(days=90)
SAMPLE = 1000  # pairs by which the kind of a model is told
log = logging.getLogger("shipway.quality")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where predictions and evaluations come from.

    project: as its file defines it now. events: (after, limit) -> the store's events. records: an event of the
    capture bucket -> the records of the file that it put there. evaluation: release -> metric -> value.
    """

    project: Callable[[], Project]
    events: Callable[[int, int], Sequence[StoreEvent]]
    records: Callable[[StoreEvent], Iterable[Record]]
    evaluation: Callable[[int], Mapping[str, object]]


class LocalModelQuality:
    """See `ports.model_quality.ModelQuality`."""

    def __init__(self, home: Home, sources: Sources) -> None:
        self._rows = QualityRows(home.quality, Cells(home, lambda: sources.project().capture.encrypt))
        self._sources = sources

    def add(self, text: str, *, source: str, by: str) -> Accepted:
        labels, faults = read_labels(text, source)
        self.collect()
        new, joined, conflicts = self._rows.label(labels, datetime.now(UTC))
        log.info("%s told %d labels from %s: %d new, %d conflicts", by, len(labels), source, new, len(conflicts))
        self._refresh(self._sources.project().monitoring)
        return Accepted(
            new=new,
            repeated=len(labels) - new - len(conflicts),
            joined=joined,
            conflicts=tuple(conflicts),
            faults=tuple(faults),
        )

    def windows(self, days: int = 14) -> Sequence[QualityWindow]:
        project = self._sources.project()
        self.collect()
        self._refresh(project.monitoring)
        found = self._rows.hours(datetime.now(UTC) - days * DAY)
        by_day: dict[tuple[int, datetime], list[HourCounts]] = {}
        for each in found:
            day = datetime.fromtimestamp(each.hour, UTC).replace(hour=0)
            by_day.setdefault((each.release, day), []).append(each)
        singles = [self._window(project, "1d", day, day + DAY, hours) for (_, day), hours in by_day.items()]
        return [*self._week(project, found), *sorted(singles, key=lambda each: (each.start, each.release))[::-1]]

    def collect(self) -> None:
        """Read the captures that are new in the store; killed in between it goes on where it was."""
        project = self._sources.project().name
        self._rows.seal_old()
        while True:
            events = self._sources.events(self._rows.position(), BATCH)
            if not events:
                return
            found = [each for event in events if _is_capture(project, event) for each in self._read(project, event)]
            self._rows.predicted(found, events[-1].number)

    def loss(self, release: int) -> float | None:
        """Return how much worse than its evaluation a release is at least, 0 or more; None where no labels tell.

        The newest day with enough labels and the newest seven days together are looked at; the greater loss counts.
        """
        told = [each for each in self.windows(7) if each.release == release and each.degradation.bound is not None]
        newest = [*[each for each in told if each.name == "7d"][:1], *[each for each in told if each.name == "1d"][:1]]
        return max((max(each.degradation.bound or 0.0, 0.0) for each in newest), default=None)

    def forget(self, now: datetime) -> None:
        """Remove what is older than is kept."""
        self._rows.forget(now - KEPT)

    def _read(self, project: str, event: StoreEvent) -> Iterable[Prediction]:
        key = parse_key(event.key)
        release = names.release_of_endpoint(project, key.endpoint) if key else None
        if release is None:
            return
        try:
            found = list(self._sources.records(event))
        except (ObjectNotFound, VersionNotFound):  # deleted since, as retention does
            return
        for record in found:
            hour = int(record.time.timestamp()) // HOUR * HOUR
            for row, value in enumerate(predictions(record.output) if record.inference else ()):
                yield Prediction(inference=record.inference, row=row, release=release, hour=hour, value=value)

    def _refresh(self, settings: MonitoringSettings) -> None:
        """Count the hours anew whose pairs have changed."""
        for release, hour in self._rows.changed():
            pairs = self._rows.pairs(release, hour)
            kind = settled(settings.predicts, pairs[:SAMPLE]) or Predicts.REGRESSION
            counts, odd = count(kind, pairs, settings.decision_threshold)
            self._rows.counted(release, hour, canonical(counts.document()), len(pairs), odd)

    def _week(self, project: Project, found: Sequence[HourCounts]) -> list[QualityWindow]:
        """Return the newest seven days of the newest release together; none when they are but one day."""
        if not found:
            return []
        newest = found[-1]
        end = datetime.fromtimestamp(newest.hour, UTC).replace(hour=0) + DAY
        hours = [each for each in found if each.release == newest.release and each.hour >= (end - WEEK).timestamp()]
        if len({each.hour // (24 * HOUR) for each in hours}) < 2:
            return []
        return [self._window(project, "7d", end - WEEK, end, hours)]

    def _window(
        self, project: Project, name: str, start: datetime, end: datetime, hours: Sequence[HourCounts]
    ) -> QualityWindow:
        counts = _sum([json.loads(each.counts) for each in hours if each.counts])
        release, monitoring = hours[0].release, project.monitoring
        settings = QualitySettings(
            tolerance=monitoring.quality_tolerance, budget=monitoring.drift_budget, metric=monitoring.quality_metric
        )
        return QualityWindow(
            release=release,
            name=name,
            start=start,
            end=end,
            predictions=sum(each.predictions for each in hours),
            labels=sum(each.labels for each in hours),
            odd=sum(each.odd for each in hours),
            measures={measure: each.value for measure, each in counts.measures().items()},
            degradation=compare(settings, project.gate.metric, self._sources.evaluation(release), counts),
        )


def _is_capture(project: str, event: StoreEvent) -> bool:
    return event.bucket == names.capture_bucket(project) and event.kind.startswith("ObjectCreated:")


def _sum(documents: Sequence[JsonObject]) -> Counts:
    """Return the counts of some hours together; hours of another kind than the newest are left out."""
    if not documents:
        return empty(Predicts.REGRESSION)
    same = [counts_from(each) for each in documents if each["predicts"] == documents[-1]["predicts"]]
    total = same[0]
    for each in same[1:]:
        total = total + each
    return total
