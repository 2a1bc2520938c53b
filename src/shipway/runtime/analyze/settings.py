"""What an analysis job was asked: Model Monitor's environment variables, and some more."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shipway.domain.drift import DAY, HOUR, WEEK, WINDOWS, Horizon, Mode

from .baseline import PROFILE
from .job import JobRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One job's settings.

    start, end: of the window, aware. tolerance: None = what constraints.json says. horizons: the windows that drift is
    judged over, the shortest first. windows: how many runs there are in 30 days.
    """

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
    horizons: tuple[Horizon, ...]
    windows: int = WINDOWS

    @property
    def hours(self) -> int:
        """How many hours the window has, at least 1."""
        return _hours(self.start, self.end)


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
        horizons=given.horizons("drift_horizons") or _usual(_hours(start, end)),
        windows=given.whole("drift_windows", WINDOWS),
    )


def _hours(start: datetime, end: datetime) -> int:
    return max(1, math.ceil((end - start) / timedelta(hours=1)))


def _usual(hours: int) -> tuple[Horizon, ...]:
    """Return the window that was asked for, and the longer ones of an hour, a day and a week."""
    return (Horizon.of(hours), *(one for one in (HOUR, DAY, WEEK) if one.hours > hours))


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

    def whole(self, name: str, default: int) -> int:
        text = self.text(name, str(default))
        if not text.isdecimal() or not int(text):
            raise JobRefused(f"{name} is {text!r}, not a whole number above 0")
        return int(text)

    def horizons(self, name: str) -> tuple[Horizon, ...]:
        """Return the horizons of a list of hours such as "1,24,168"; none when it is not given."""
        parts = self.text(name, "").replace(" ", "").split(",")
        if parts == [""]:
            return ()
        hours = [int(each) if each.isdecimal() else 0 for each in parts]
        if hours != sorted(set(hours)) or not hours[0]:
            raise JobRefused(f"{name} is {','.join(parts)!r}, not rising whole hours such as 1,24,168")
        return tuple(map(Horizon.of, hours))

    def mode(self) -> Mode:
        text = self.text("drift_mode", Mode.SHIPWAY)
        if text not in set(Mode):
            raise JobRefused(f"drift_mode is {text!r}, not one of: {', '.join(Mode)}")
        return Mode(text)
