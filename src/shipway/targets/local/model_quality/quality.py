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
from shipway.domain.model_quality import (
    Counted,
    Coverage,
    QualityWindow,
    count,
    due,
    loss,
    settled,
    since,
    standard_of,
    windows,
)
from shipway.domain.project import MonitoringSettings, Predicts, Project
from shipway.domain.store.errors import ObjectNotFound, VersionNotFound
from shipway.domain.store.object import StoreEvent
from shipway.domain.values import canonical
from shipway.targets.local.home import Home
from shipway.targets.local.model_quality.cells import Cells
from shipway.targets.local.model_quality.rows import HOUR, HourCounts, Prediction, QualityRows

BATCH = 100  # of the store's events that are read in one transaction
DAY = timedelta(days=1)
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
        return windows([_counted(each) for each in found], standard_of(project, self._sources.evaluation))

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
        """Return how much worse than its evaluation a release is at least, 0 or more; None where no labels tell."""
        return loss(self.windows(7), release)

    def due(self, now: datetime) -> list[Coverage]:
        """Return the days of answers whose labels are due by now and that are news, the newest first."""
        settings = self._sources.project().monitoring
        self.collect()
        self._refresh(settings)
        return due([_counted(each) for each in self._rows.hours(since(settings, now))], settings, now)

    def labelled(self) -> bool:
        """Return whether anybody has told a label that is still kept."""
        return self._rows.labelled()

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


def _is_capture(project: str, event: StoreEvent) -> bool:
    return event.bucket == names.capture_bucket(project) and event.kind.startswith("ObjectCreated:")


def _counted(hour: HourCounts) -> Counted:
    return Counted(
        release=hour.release,
        at=datetime.fromtimestamp(hour.hour, UTC),
        predictions=hour.predictions,
        labels=hour.labels,
        odd=hour.odd,
        counts=json.loads(hour.counts) if hour.counts else None,
    )
