"""Model quality in a job: answers of the hour are kept, labels are joined with all that are kept, days are counted.

What it finds follows from the kept answers and the labels alone, so that a job that is run again finds the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from shipway.domain.model_quality import QualitySettings, QualityWindow, Standard, count, due, loss, settled, windows
from shipway.domain.model_quality.days import Day, days_document, read_days
from shipway.domain.model_quality.report import quality_page
from shipway.domain.project import MonitoringSettings, Predicts
from shipway.domain.values import JsonObject

from . import answers
from .job import write
from .settings import Settings

DAYS = "days.json"
REPORT = "quality.html"
KEPT = timedelta(days=90)
SAMPLE = 1000  # pairs by which the kind of a model is told


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityJob:
    """What a job is asked about labels.

    release: whose captures these are. labels, kept, before, releases: folders of label files, of answers that earlier
    jobs kept, of what the last of them counted, and of the releases' records. labelled: whether labels may have come.
    window: how long after an answer its label is known at the latest.
    """

    release: int
    labels: Path
    kept: Path
    before: Path
    releases: Path
    answers: Path
    days: Path
    predicts: Predicts
    threshold: float
    settings: QualitySettings
    gate: str
    window: timedelta

    @property
    def labelled(self) -> bool:
        """Whether labels are to be joined: without any that are new, the hour's answers are counted and no more."""
        return self.labels.is_dir()


def read_job(base: Path, environment: Mapping[str, str], endpoint: str, budget: float) -> QualityJob:
    """Return what the environment of a job asks about labels. endpoint: it ends with its release's number."""
    place = base / "processing"
    given = {name: Path(environment.get(f"{name}_source") or place / "input" / name) for name in FOLDERS}
    return QualityJob(
        release=int(endpoint.rpartition("-")[2]),
        labels=given["labels"],
        kept=given["answers"],
        before=given["quality"],
        releases=given["releases"],
        answers=Path(environment.get("answers_path") or place / "answers"),
        days=Path(environment.get("quality_path") or place / "quality"),
        predicts=Predicts(environment.get("predicts") or Predicts.AUTO),
        threshold=float(environment.get("decision_threshold") or 0.5),
        settings=QualitySettings(
            tolerance=float(environment.get("quality_tolerance") or 0.05),
            budget=budget,
            metric=environment.get("quality_metric", ""),
        ),
        gate=environment.get("gate_metric", ""),
        window=timedelta(days=int(environment.get("label_window_days") or 7)),
    )


FOLDERS = ("labels", "answers", "quality", "releases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What labels say. loss: of the release, None where none tell. coverage: of the newest day whose labels are due."""

    loss: float | None
    coverage: float | None
    sentence: str


def measure(job: QualityJob, settings: Settings) -> Measured:
    """Return what labels say, after keeping it for the next job. settings: of the analysis."""
    notes: list[str] = []
    new = answers.captured(settings.source, job.release)
    answers.write(new, job.answers, settings.start)
    days = _labelled(job, new, notes) if job.labelled else _unlabelled(job, new)
    newest = [each for each in days if each.counted.at >= settings.end - KEPT]
    write(job.days / DAYS, days_document(newest))
    standard = Standard(settings=job.settings, gate=job.gate, evaluation=lambda number: _evaluation(job, number))
    found = windows([each.counted for each in newest], standard)
    write(settings.output / REPORT, quality_page(found, settings.endpoint, notes))
    looked = due([each.counted for each in newest], MonitoringSettings(label_window=job.window), settings.end)
    return Measured(
        loss=loss(found, job.release), coverage=looked[0].share if looked else None, sentence=_sentence(found)
    )


def _unlabelled(job: QualityJob, new: pl.DataFrame) -> list[Day]:
    """Return the days as they were counted before, with the answers of the hour among them."""
    before = {(each.counted.release, each.counted.at): each for each in read_days(_json(job.before / DAYS))}
    for key, hours in _hours(new).items():
        had = before.get(key)
        before[key] = had.with_hours(hours) if had else Day.of(*key, hours)
    return sorted(before.values(), key=lambda each: (each.counted.at, each.counted.release))


def _labelled(job: QualityJob, new: pl.DataFrame, notes: list[str]) -> list[Day]:
    """Return the days, counted anew from all answers that are kept and all labels."""
    everything = answers.kept(job.kept, new)
    joined = everything.join(answers.told(job.labels, notes), on=answers.ID)
    by_day = {
        _key(release, day): table
        for (release, day), table in joined.group_by("release", pl.col("hour") // DAY * DAY, maintain_order=True)
    }
    found = [_counted(job, key, hours, by_day.get(key)) for key, hours in _hours(everything).items()]
    return sorted(found, key=lambda each: (each.counted.at, each.counted.release))


DAY = 86_400


def _counted(job: QualityJob, key: tuple[int, datetime], hours: Mapping[int, int], joined: pl.DataFrame | None) -> Day:
    day = Day.of(*key, hours)
    if joined is None:
        return day
    pairs = [(json.loads(said), json.loads(was)) for said, was in joined.select("said", "was").iter_rows()]
    kind = settled(job.predicts, pairs[:SAMPLE]) or Predicts.REGRESSION
    counts, odd = count(kind, pairs, job.threshold)
    return day.labelled(counts.document(), len(pairs), odd)


def _hours(table: pl.DataFrame) -> dict[tuple[int, datetime], dict[int, int]]:
    """Return (release, day) -> hour of the day -> answers."""
    found: dict[tuple[int, datetime], dict[int, int]] = {}
    for release, hour, many in table.group_by("release", "hour", maintain_order=True).len().iter_rows():
        found.setdefault(_key(release, hour // DAY * DAY), {})[hour % DAY // answers.HOUR] = many
    return found


def _key(release: object, day: object) -> tuple[int, datetime]:
    return int(str(release)), datetime.fromtimestamp(int(str(day)), UTC)


def _evaluation(job: QualityJob, release: int) -> Mapping[str, object]:
    """Return the metrics that a release was evaluated with; none where its record is not there."""
    for path in sorted(job.releases.rglob("*.json")) if job.releases.is_dir() else []:
        record = _json(path)
        bundle = record.get("bundle")
        if record.get("number") == release and isinstance(bundle, dict):
            metrics = bundle.get("metrics")
            return metrics if isinstance(metrics, dict) else {}
    return {}


def _json(path: Path) -> JsonObject:
    found = json.loads(path.read_text()) if path.is_file() else {}
    return found if isinstance(found, dict) else {}


def _sentence(found: list[QualityWindow]) -> str:
    days = [each for each in found if each.name == "1d"]
    labels, predictions = sum(each.labels for each in days), sum(each.predictions for each in days)
    return f"{labels} of {predictions} answers are labelled."
