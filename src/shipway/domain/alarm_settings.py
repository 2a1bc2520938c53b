"""A project's alarms: those that it has by itself, those of its [[alarms]], and those that each release has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shipway.domain import metric_catalogue as metrics
from shipway.domain import names
from shipway.domain.alarm import Alarm, AlarmSettings, Comparison, LowSamples, Missing
from shipway.domain.alarm_rule import Composite, composite, ordered
from shipway.domain.alarm_suppression import Suppressor
from shipway.domain.metric import Series
from shipway.domain.project import Project

ERRORS = "errors"
SLOW = "latency"
NO_TRAFFIC = "no-traffic"
CAPTURE_LOSS = "capture-loss"
DISK_FULL = "disk"
ENDPOINT_DOWN = "endpoint-down"
MONITOR_NOT_RUN = "monitor-not-run"
MODEL_QUALITY = "model-quality"
LABEL_COVERAGE = "label-coverage"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FULL = 90.0  # percent of a disk
QUIET_HOURS = 6  # hours without a request that are worth a word
UNHEALTHY = 5.0  # a release's own alarm goes off at this many times the error rate that its verdict allows ...
AT_LEAST = 0.05  # ... and never below: a healthy release must not meet it by chance, three minutes in a row


@dataclass(frozen=True, slots=True)
class AlarmSet:
    """All alarms of a project. composites: each after those that it names."""

    alarms: tuple[Alarm, ...]
    composites: tuple[Composite, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all of them, in the order in which they are evaluated."""
        return tuple(self.definitions)

    @property
    def definitions(self) -> dict[str, Alarm | Composite]:
        """All of them by their names."""
        found: dict[str, Alarm | Composite] = {each.name: each for each in self.alarms}
        return found | {each.name: each for each in self.composites}


def alarm_set(project: Project, releases: Sequence[int] = ()) -> AlarmSet:
    """Return a project's alarms. releases: those with processes in production, each of which has alarms of its own.

    An alarm of [[alarms]] replaces the one that the project has by itself under its name. Raises RuleInvalid.
    """
    written = {each.name: each for each in project.alarms}
    own = [each for each in own_alarms(project) if each.name not in written]
    plain = [_alarm(project, each) for each in written.values() if each.metric]
    rules = [_composite(each) for each in written.values() if each.rule]
    per_release = [each for release in releases for each in release_alarms(project, release)]
    return AlarmSet(alarms=(*own, *plain, *per_release), composites=tuple(ordered(rules)))


def own_alarms(project: Project) -> list[Alarm]:
    """Return the alarms that every project has without being asked."""
    function = names.api_function(project.name)
    alarms = [
        Alarm(
            name=ERRORS,
            series=metrics.of_function(metrics.SERVER_ERRORS, function),
            statistic="Average",
            evaluation_periods=5,
            datapoints_to_alarm=3,
            threshold=project.deployment.max_error_rate,
            description="more answers of production are errors than deployment.max_error_rate allows",
        ),
        Alarm(
            name=NO_TRAFFIC,
            series=metrics.of_function(metrics.INVOCATIONS, function),
            statistic="Sum",
            period=HOUR,
            evaluation_periods=QUIET_HOURS,
            datapoints_to_alarm=QUIET_HOURS,
            comparison=Comparison.LESS,
            threshold=1.0,
            description=f"nobody has asked production anything for {QUIET_HOURS} hours",
        ),
        Alarm(
            name=ENDPOINT_DOWN,
            series=Series(metrics.DOWN),
            statistic="Minimum",
            evaluation_periods=2,
            datapoints_to_alarm=2,
            comparison=Comparison.GREATER_OR_EQUAL,
            threshold=1.0,
            description="the live release has no running endpoint, function or gateway",
        ),
        Alarm(
            name=DISK_FULL,
            series=Series(metrics.DISK),
            statistic="Maximum",
            evaluation_periods=3,
            datapoints_to_alarm=3,
            threshold=FULL,
            description="the disk of the home folder is nearly full: captures, jobs and releases will fail",
        ),
        Alarm(
            name=CAPTURE_LOSS,
            series=Series(metrics.CAPTURE_DROPPED),
            statistic="Sum",
            period=5 * MINUTE,
            threshold=0.0,
            missing=Missing.NOT_BREACHING,
            description="requests and answers that should have been captured were not",
        ),
    ]
    return [*alarms, *_latency(project, function), *_monitoring(project)]


def release_alarms(project: Project, release: int) -> list[Alarm]:
    """Return the alarms that a release has for its own answers: while it shares the traffic they send it back."""
    function = names.api_function(project.name)
    own = [
        Alarm(
            name=ERRORS,
            series=metrics.of_function(metrics.SERVER_ERRORS, function),
            statistic="Average",
            evaluation_periods=3,
            datapoints_to_alarm=3,
            threshold=min(1.0, max(AT_LEAST, UNHEALTHY * project.deployment.max_error_rate)),
            comparison=Comparison.GREATER_OR_EQUAL,
            notify=False,
            description="most of what a deployment waits for is seen by its verdict; this is the last line",
        ),
        *(replace(each, evaluation_periods=3, notify=False) for each in _latency(project, function)),
    ]
    return [_of_release(each, function, release) for each in (*own, *asked_of_releases(project))]


def asked_of_releases(project: Project) -> list[Alarm]:
    """Return the alarms of [[alarms]] that each release has for its own answers, as they are for all releases."""
    return [_alarm(project, each) for each in project.alarms if each.each_release and each.metric]


def _of_release(alarm: Alarm, function: str, release: int) -> Alarm:
    """Return the alarm as it is for the answers of one release alone."""
    series = metrics.of_function(alarm.series.name, function, str(release))
    return replace(alarm, name=names.release_alarm(alarm.name, release), series=series, release=release)


def _latency(project: Project, function: str) -> list[Alarm]:
    """Return the alarm on slow answers, where the project says what is slow."""
    bound = project.deployment.max_latency
    if not bound:
        return []
    return [
        Alarm(
            name=SLOW,
            series=metrics.of_function(metrics.LATENCY, function),
            statistic="p95",
            evaluation_periods=5,
            datapoints_to_alarm=3,
            threshold=bound / timedelta(milliseconds=1),
            low_samples=LowSamples.IGNORE,
            description="answers of production take longer than deployment.max_latency",
        )
    ]


def _monitoring(project: Project) -> list[Alarm]:
    """Return the alarms on drift, and on a monitor that does not run."""
    monitoring = project.monitoring
    if not monitoring.enabled:
        return []
    watched = {
        names.drift_metric(feature): monitoring.thresholds.get(feature, monitoring.drift_tolerance)
        for feature in monitoring.features or project.data.features
    }
    drift = [
        Alarm(
            name=metric,
            series=Series(metric),
            statistic="Maximum",
            period=HOUR,
            threshold=threshold,
            description="this feature's values have moved away from the baseline",
        )
        for metric, threshold in watched.items()
        if not monitoring.alarms or metric in monitoring.alarms
    ]
    not_run = Alarm(
        name=MONITOR_NOT_RUN,
        series=Series(metrics.MONITOR_RUNS),
        statistic="Sum",
        period=HOUR,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        comparison=Comparison.LESS,
        threshold=1.0,
        description="a release is live and nothing has looked at its captures for 3 hours",
    )
    quality = Alarm(
        name=MODEL_QUALITY,
        series=Series(metrics.QUALITY_LOSS),
        statistic="Maximum",
        period=HOUR,
        threshold=monitoring.quality_tolerance,
        description="labels say that the live model is worse than its evaluation, beyond chance",
    )
    labels = Alarm(
        name=LABEL_COVERAGE,
        series=Series(metrics.LABEL_COVERAGE),
        statistic="Minimum",
        period=HOUR,
        comparison=Comparison.LESS,
        threshold=monitoring.label_coverage,
        description="fewer answers have a label than monitoring.label_coverage expects after monitoring.label_window",
    )
    return [*drift, not_run, quality, *([labels] if monitoring.label_alarm else [])]


def _alarm(project: Project, settings: AlarmSettings) -> Alarm:
    """Return an alarm of [[alarms]] on a metric."""
    return Alarm(
        name=settings.name,
        series=_series(project, settings),
        statistic=settings.statistic,
        period=settings.period,
        evaluation_periods=settings.evaluation_periods,
        datapoints_to_alarm=settings.datapoints_to_alarm or settings.evaluation_periods,
        comparison=settings.comparison,
        threshold=settings.threshold or 0.0,
        missing=settings.missing,
        low_samples=settings.low_samples,
        description=settings.description,
        notify=settings.notify,
    )


def _composite(settings: AlarmSettings) -> Composite:
    """Return an alarm of [[alarms]] on other alarms."""
    made = composite(settings.name, settings.rule, settings.description, notify=settings.notify)
    if not settings.suppressor:
        return made
    wait, extension = settings.wait_period, settings.extension_period
    return replace(made, suppressor=Suppressor(alarm=settings.suppressor, wait=wait, extension=extension))


def _series(project: Project, settings: AlarmSettings) -> Series:
    known = metrics.metric_of(settings.metric)
    if known is not None and (metrics.FUNCTION,) in known.dimensions:
        return metrics.of_function(settings.metric, names.api_function(project.name))
    if settings.process:
        return metrics.of_process(settings.metric, settings.process)
    return Series(settings.metric)
