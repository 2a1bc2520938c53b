"""What a project says that means something else on AWS, or nothing: told by `plan`, never ignored in silence. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from shipway.domain.aws_settings import SourceKind
from shipway.domain.capture_settings import CAPTURE
from shipway.domain.deployment import Strategy
from shipway.domain.metric_catalogue import CPU, LATENCY
from shipway.domain.project import DeploymentSettings, Project, TriggerSettings
from shipway.targets.aws.resources.alarm_place import places
from shipway.targets.aws.resources.shift import NEARLY_ALL

MINUTE = timedelta(minutes=1)
GATEWAY_SECONDS = 29  # API Gateway quotas: integration timeout of a REST API
DEPLOYMENT, TRIGGERS = DeploymentSettings(), TriggerSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One key that AWS reads otherwise. holds: whether the project uses it so that it matters; said: a sentence.

    which: the names of what it is about, where a key has many.
    """

    path: str
    said: str
    holds: Callable[[Project], bool]
    which: Callable[[Project], tuple[str, ...]] = lambda _: ()


def _watching(project: Project, *metrics: str) -> tuple[str, ...]:
    return tuple(each.name for each in project.alarms if each.metric in metrics)


def _rounded(duration: timedelta) -> bool:
    return bool(duration % MINUTE)


DIFFERENCES = (
    Difference(
        path="deployment.strategy",
        said=f"CodeDeploy has no blue-green for functions: {NEARLY_ALL} % move at first, the rest after the bake",
        holds=lambda project: project.deployment.strategy is Strategy.BLUE_GREEN,
    ),
    Difference(
        path="deployment.bake",
        said="CodeDeploy counts whole minutes: it is rounded up",
        holds=lambda project: _rounded(project.deployment.bake) or _rounded(project.deployment.interval),
    ),
    Difference(
        path="deployment.min_requests",
        said="alarms decide, not the verdict: without a request a release goes on, after its hooks have asked it",
        holds=lambda project: project.deployment.strategy is not Strategy.ALL_AT_ONCE,
    ),
    Difference(
        path="deployment.false_rollback",
        said="alarms decide on bounds, they hold no test against the live version",
        holds=lambda project: project.deployment.false_rollback != DEPLOYMENT.false_rollback,
    ),
    Difference(
        path="deployment.sticky",
        said="a Lambda alias splits requests at random: no caller keeps its version while two share",
        holds=lambda project: project.deployment.sticky != "none",
    ),
    Difference(
        path="deployment.replay",
        said="the model's endpoint answers what was captured, not the API's function; its captures keep that too",
        holds=lambda project: bool(project.deployment.replay and project.capture.enabled),
    ),
    Difference(
        path="deployment.replay",
        said="nothing is captured, so nothing can be replayed: the hook asks with rows of the baseline data alone",
        holds=lambda project: bool(project.deployment.replay and not project.capture.enabled),
    ),
    Difference(
        path="deployment.hook_timeout",
        said="a Lambda function ends after 15 minutes",
        holds=lambda project: project.deployment.hook_timeout > 15 * MINUTE,
    ),
    Difference(
        path="deployment.max_hold",
        said="CodeDeploy holds no deployment for a person: it goes on or back",
        holds=lambda project: project.deployment.max_hold != DEPLOYMENT.max_hold,
    ),
    Difference(
        path="deployment.keep_previous",
        said="the version before is removed when the next has succeeded: a rollback makes it anew, in minutes",
        holds=lambda project: project.deployment.keep_previous,
    ),
    Difference(
        path="function.timeout",
        said=f"API Gateway gives up after {GATEWAY_SECONDS} s, whatever the function still does",
        holds=lambda project: project.function.timeout.total_seconds() > GATEWAY_SECONDS,
    ),
    Difference(
        path="function.workers",
        said="Lambda runs one request a process and as many as there are requests",
        holds=lambda project: bool(project.function.workers),
    ),
    Difference(
        path="endpoint.prod.startup_timeout",
        said="SageMaker waits a minute at least",
        holds=lambda project: min(project.endpoint.prod.startup_timeout, project.endpoint.dev.startup_timeout) < MINUTE,
    ),
    Difference(
        path="endpoint.prod.workers",
        said="a scaling target counts for one worker: with workers = 0 an instance counts as one",
        holds=lambda project: bool(project.endpoint.prod.scaling.target) and not project.endpoint.prod.workers,
    ),
    Difference(
        path="endpoint.prod.scaling",
        said="an endpoint keeps one instance at least: it never sleeps",
        holds=lambda project: bool(project.endpoint.prod.scaling.idle) or not project.endpoint.prod.scaling.min,
    ),
    Difference(
        path="endpoint.dev.scaling",
        said="the dev endpoint has one instance",
        holds=lambda project: project.endpoint.dev.scaling.active,
    ),
    Difference(
        path="aws.source",
        said="CodePipeline runs once as soon as it is made: that run finds no archive and fails, which harms nothing",
        holds=lambda project: project.aws.source is SourceKind.S3,
    ),
    Difference(
        path="approval.required",
        said="a newer run does not replace one that asks: it waits until somebody answers, or stops the older",
        holds=lambda project: project.approval.required,
    ),
    Difference(
        path="approval.approvers",
        said="CodePipeline asks so many times, and does not see whether it is the same person who answers",
        holds=lambda project: project.approval.required and project.approval.approvers > 1,
    ),
    Difference(
        path="approval.warn_before",
        said="questions are looked at each hour: the reminder comes up to an hour later",
        holds=lambda project: project.approval.required,
    ),
    Difference(
        path="notifications.kinds",
        said="the topic carries all kinds: mails are of all of them, webhooks get those that are named",
        holds=lambda project: bool(project.notifications.kinds and project.notifications.mail),
    ),
    Difference(
        path="notifications.group",
        said="each notice is told by itself and at once",
        holds=lambda project: bool(project.notifications.mail or project.notifications.webhooks),
    ),
    Difference(
        path="notifications.apprise_file",
        said="other services are not told: they need a package that runs on this machine",
        holds=lambda project: bool(project.notifications.apprise_file),
    ),
    Difference(
        path="notifications.smtp",
        said="SNS sends the mails, from an address of its own, after each reader has confirmed once",
        holds=lambda project: bool(project.notifications.smtp.host),
    ),
    Difference(
        path="alarms",
        said="CloudWatch has no such metric: an alarm on programs of this machine, captures or notices is left out",
        holds=lambda project: bool(places(project).lost),
        which=lambda project: tuple(each.name for each in places(project).lost),
    ),
    Difference(
        path="alarms.metric",
        said="CPUUtilization is 100 for each core, Latency is of errors too; both are AWS's own metrics",
        holds=lambda project: bool(_watching(project, CPU, LATENCY)),
        which=lambda project: _watching(project, CPU, LATENCY),
    ),
    Difference(
        path="alarms.metric",
        said="processor, memory, disk and a model's time are of the live release's instances: each release begins anew",
        holds=lambda project: bool(places(project).machine),
        which=lambda project: tuple(each.name for each in places(project).machine),
    ),
    Difference(
        path="capture",
        said="SageMaker samples at random, and writes plain lines in files of its own size, under the project's key",
        holds=lambda project: replace(project.capture, enabled=True, dev=False, retention=CAPTURE.retention) != CAPTURE,
    ),
    Difference(
        path="capture.dev",
        said="what the dev endpoint is asked is not captured",
        holds=lambda project: bool(project.capture.dev_percent),
    ),
    Difference(
        path="monitoring.every",
        said="captures are analyzed each hour",
        holds=lambda project: project.monitoring.every != timedelta(hours=1),
    ),
    Difference(
        path="monitoring.quality_metric",
        said="labels are joined with answers each hour; SageMaker's own service joins none",
        holds=lambda project: project.monitoring.enabled,
    ),
    Difference(
        path="monitoring.label_coverage",
        said="a day that lacks labels is told by the alarm label-coverage alone, which label_alarm switches on",
        holds=lambda project: bool(project.monitoring.label_coverage),
    ),
    Difference(
        path="triggers",
        said="each event starts the pipeline; a newer run takes the place of one that waits, and nothing is debounced",
        holds=lambda project: project.triggers != TRIGGERS or project.triggers.data.enabled,
    ),
    Difference(
        path="triggers.schedule.zone",
        said="EventBridge rules run by UTC",
        holds=lambda project: project.triggers.schedule.zone != "UTC",
    ),
    Difference(
        path="data.prefix",
        said="the data is read where it lies, not from a copy: what is uploaded during a run may be in it",
        holds=lambda _: True,
    ),
    Difference(
        path="local",
        said="ports are this machine's",
        holds=lambda project: bool(project.local.api_port or project.local.control_port),
    ),
)


def told(project: Project) -> list[tuple[str, str]]:
    """Return (path, sentence) for each key that AWS reads otherwise than this machine does."""
    return [(each.path, _sentence(each, project)) for each in DIFFERENCES if each.holds(project)]


def _sentence(difference: Difference, project: Project) -> str:
    which = difference.which(project)
    return f"{difference.said} ({', '.join(which)})" if which else difference.said
