"""What an analysis job was asked: Model Monitor's environment variables, and some more."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shipway.domain.drift import DAY, HOUR, WEEK, Horizon, Mode

from .baseline import PROFILE
from .job import JobRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One job's settings. start, end: of the window, aware. tolerance: None = what constraints.json says."""

    source: Path
    output: Path
    history: Path
    constraints: Path
    statistics: Path
    profile: Path
    start: datetime
    end: datetime
    metrics: bool
    endpoint: str
    schedule: str
    mode: Mode
    budget: float
    tolerance: float | None

    @property
    def horizons(self) -> tuple[Horizon, ...]:
        """The windows that are judged: the one that was asked for, and the longer ones of a day and a week."""
        hours = max(1, math.ceil((self.end - self.start) / timedelta(hours=1)))
        longer = tuple(one for one in (HOUR, DAY, WEEK) if one.hours >= hours)
        if longer and longer[0].hours == hours:
            return longer
        return (Horizon(name=f"{hours}h", hours=hours), *longer)


def read_settings(base: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of a job. base: /opt/ml. Raises JobRefused for what can't be understood."""
    given = _Given(environment)
    processing = base / "processing"
    statistics = given.path("baseline_statistics", processing / "input" / "baseline" / "statistics.json")
    start, end = given.time("start_time"), given.time("end_time")
    if start >= end:
        raise JobRefused(f"start_time {start:%Y-%m-%dT%H:%M:%SZ} is not before end_time {end:%Y-%m-%dT%H:%M:%SZ}")
    return Settings(
        source=given.path("dataset_source", processing / "input" / "endpoint"),
        output=given.path("output_path", processing / "output"),
        history=given.path("history_source", processing / "input" / "history"),
        constraints=given.path("baseline_constraints", statistics.parent / "constraints.json"),
        statistics=statistics,
        profile=given.path("baseline_profile", statistics.parent / PROFILE),
        start=start,
        end=end,
        metrics=given.text("publish_cloudwatch_metrics", "Enabled").lower() != "disabled",
        endpoint=given.text("sagemaker_endpoint_name", ""),
        schedule=given.text("sagemaker_monitoring_schedule_name", ""),
        mode=given.mode(),
        budget=given.number("drift_budget") or 0.1,
        tolerance=given.number("drift_tolerance"),
    )


@dataclass(frozen=True, slots=True)
class _Given:
    values: Mapping[str, str]

    def text(self, name: str, default: str) -> str:
        return self.values.get(name) or default

    def path(self, name: str, default: Path) -> Path:
        found = self.values.get(name)
        return Path(found.removeprefix("file://")) if found else default

    def time(self, name: str) -> datetime:
        text = self.text(name, "")
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise JobRefused(f"{name} is {text!r}, not a time such as 2026-03-01T10:00:00Z") from None
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)

    def number(self, name: str) -> float | None:
        text = self.text(name, "")
        try:
            value = float(text) if text else None
        except ValueError:
            value = -1.0
        if value is not None and not 0 < value <= 1:
            raise JobRefused(f"{name} is {text!r}, not a number above 0 and at most 1")
        return value

    def mode(self) -> Mode:
        text = self.text("drift_mode", Mode.SHIPWAY)
        if text not in set(Mode):
            raise JobRefused(f"drift_mode is {text!r}, not one of: {', '.join(Mode)}")
        return Mode(text)
