"""When captured data is analysed, and what is asked of the analysis job. Pure."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shipway.domain import names
from shipway.domain.errors import ShipwayError
from shipway.domain.project import MonitoringSettings, Project
from shipway.domain.values import Json, JsonObject

LATEST = timedelta(
    hours=24
)  # windows that ended longer ago are not made up for; their captures are history all the same
HOUR, MONTH = timedelta(hours=1), timedelta(days=30)
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"


class NothingToAnalyse(ShipwayError):
    """An analysis needs a release whose answers were captured, and its baseline."""

    message = "nothing can be analysed: {problem}"
    hint = "release something with shipway start, and keep monitoring.enabled"
    exit_code = 4
    status = 404


class WindowInvalid(ShipwayError):
    """A span of time that has no beginning before its end."""

    message = "from {start} to {end} is no window"
    hint = "write --from a time before --to, both in the past"
    exit_code = 2
    status = 422


class RunStatus(StrEnum):
    """Where one run of the monitor is. What `no_data` and `failed` did not look at is never a pass."""

    RUNNING = "running"
    COMPLETED = "completed"
    VIOLATIONS = "completed_with_violations"
    NO_DATA = "no_data"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether nothing more happens."""
        return self is not RunStatus.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of time: start <= a captured request < end, both aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise WindowInvalid(start=self.start.isoformat(), end=self.end.isoformat())


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where an analysis reads and writes, as s3 names without a slash at the end. history: "" takes none."""

    captures: str
    baseline: str
    history: str
    results: str


def due(
    every: timedelta, live_since: datetime, done: Collection[datetime], now: datetime, grace: timedelta
) -> list[Window]:
    """Return the windows that are to be analysed, oldest first; those that passed while nothing ran among them.

    every: length of a window, whole hours; windows begin at multiples of it in UTC. live_since: when the release took
    traffic. done: ends of the windows that were analysed. grace: how long captured records may take to arrive.
    """
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first = max(live_since, now - LATEST - every)
    end = epoch + ((first - epoch) // every + 1) * every
    found = []
    while end + grace <= now:
        if end not in done:
            found.append(Window(start=end - every, end=end))
        end += every
    return found


def next_end(every: timedelta, now: datetime, grace: timedelta) -> datetime:
    """Return when the next window will be analysed."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + ((now - grace - epoch) // every + 1) * every + grace


def overrides(monitoring: MonitoringSettings, features: Collection[str]) -> dict[str, dict[str, float | bool]]:
    """Return what a project changes of its baseline's constraints: thresholds, and features that are not watched."""
    found: dict[str, dict[str, float | bool]] = {
        name: {"tolerance": value} for name, value in monitoring.thresholds.items()
    }
    if monitoring.features:
        for name in features:
            if name not in monitoring.features:
                found.setdefault(name, {})["compare"] = False
    return found


def horizons(monitoring: MonitoringSettings, window: timedelta, *, asked: bool = False) -> tuple[int, ...]:
    """Return the hours of each horizon that an analysis of so long a window judges, the shortest first.

    None is shorter than the window. asked: by a person, who wants to know of this window: it is one of them.
    """
    least = max(1, math.ceil(window / HOUR))
    wanted = {max(least, horizon // HOUR) for horizon in monitoring.horizons}
    return tuple(sorted(wanted | {least} if asked else wanted))


def drift_environment(monitoring: MonitoringSettings, window: timedelta, *, asked: bool = False) -> dict[str, str]:
    """Return how an analysis job is told the project's rule of drift."""
    return {
        "drift_mode": monitoring.drift_mode.value,
        "drift_tolerance": f"{monitoring.drift_tolerance:g}",
        "drift_budget": f"{monitoring.drift_budget:g}",
        "drift_horizons": ",".join(map(str, horizons(monitoring, window, asked=asked))),
        "drift_windows": str(math.ceil(MONTH / monitoring.every)),
    }


def analysis_request(
    project: Project, endpoint: str, image: str, window: Window, places: Places, *, asked: bool = False
) -> JsonObject:
    """Return the CreateProcessingJob document of one analysis, but for the job's name. asked: by a person."""
    monitoring, processing = project.monitoring, project.processing
    environment: JsonObject = {
        "start_time": _text(window.start),
        "end_time": _text(window.end),
        "dataset_source": f"{INPUT}/endpoint",
        "output_path": OUTPUT,
        "baseline_statistics": f"{INPUT}/baseline/statistics.json",
        "baseline_constraints": f"{INPUT}/baseline/constraints.json",
        "publish_cloudwatch_metrics": "Enabled",
        "sagemaker_endpoint_name": endpoint,
        "sagemaker_monitoring_schedule_name": names.monitoring_schedule(project.name),
        **drift_environment(monitoring, window.end - window.start, asked=asked),
    }
    inputs = {"endpoint": places.captures, "baseline": places.baseline}
    inputs |= {"history": places.history} if places.history else {}
    read: list[Json] = [
        {
            "InputName": name,
            "S3Input": {"S3Uri": uri, "LocalPath": f"{INPUT}/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File"},
        }
        for name, uri in inputs.items()
    ]
    return {
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["analyze"]},
        "ProcessingInputs": read,
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "results",
                    "S3Output": {"S3Uri": places.results, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"},
                }
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": processing.instance_type,
                "VolumeSizeInGB": int(processing.volume) // 2**30,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": int(processing.max_run.total_seconds())},
        "Environment": environment,
        "RoleArn": "arn:aws:iam::000000000000:role/shipway",
    }


def features_of(constraints: Mapping[str, Json]) -> list[str]:
    """Return the names of a constraints.json's features."""
    listed = constraints.get("features")
    return [str(each["name"]) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
