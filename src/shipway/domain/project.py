"""A project, as its shipway.toml defines it. Every key but `name` has a default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from shipway.domain.alarm import AlarmSettings
from shipway.domain.aws_settings import AwsSettings
from shipway.domain.capture_settings import CAPTURE, CaptureSettings
from shipway.domain.deployment import Strategy
from shipway.domain.endpoint_settings import EndpointStages
from shipway.domain.errors import ShipwayError
from shipway.domain.notice import NotificationSettings
from shipway.domain.people import Role
from shipway.domain.units import Size

Scalar: TypeAlias = str | int | float | bool
AWS = AwsSettings()
JOB_VOLUME, FUNCTION_MEMORY = Size(10 * 2**30), Size(512 * 2**20)
ENDPOINTS = EndpointStages()
NOTIFICATIONS = NotificationSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a project.

    path: the key in shipway.toml ("training.max_run"), or a file's name ("container/Dockerfile").
    """

    path: str
    problem: str
    remedy: str


class ProjectInvalid(ShipwayError):
    """The project can't be used as it is written; made by `of`."""

    message = "{file} has {count}:\n{listing}"
    hint = "mend them, then look again: shipway check"
    exit_code = 2
    status = 422

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem that was found."""
        found = self.facts["problems"]
        assert isinstance(found, tuple)  # noqa: S101  `of` put it there
        return found

    @classmethod
    def of(cls, file: str, problems: Sequence[Problem]) -> "ProjectInvalid":
        """Return the error that lists these problems, each with what to do about it."""
        listing = "\n".join(f"  {each.path}: {each.problem}\n    {each.remedy}" for each in problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        return cls(file=file, count=count, listing=listing, problems=tuple(problems))


class FeatureType(StrEnum):
    """What kind of values a feature has; decides how its baseline and drift are measured."""

    NUMBER = "number"
    INTEGER = "integer"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    TEXT = "text"


class DataFormat(StrEnum):
    """How the raw data is written; `files` is anything that only prepare_data.py reads (images, archives)."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONLINES = "jsonlines"
    FILES = "files"


class Direction(StrEnum):
    """Which way a metric gets better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """Where the raw data is, and what it looks like.

    bucket: "" means "<name>-data" (see Project.bucket). prefix: objects below it are the data set.
    header: whether the first row of each CSV file names its columns.
    target: the column that the model predicts; "" where the data has no columns.
    features: the model's inputs in their order, without the target; empty means: not declared.
    """

    bucket: str = ""
    prefix: str = "data/"
    format: DataFormat = DataFormat.CSV
    header: bool = True
    target: str = ""
    features: Mapping[str, FeatureType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingSettings:
    """The jobs that prepare the data, evaluate the model and make the baseline.

    volume: scratch space of one job, bytes, whole GiB. max_run: a longer job is stopped and has failed.
    """

    instance_type: str = "ml.m5.large"
    volume: Size = JOB_VOLUME
    max_run: timedelta = timedelta(minutes=30)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """The training job.

    volume: scratch space, bytes, whole GiB. max_run: a longer job is stopped and has failed.
    hyperparameters: reach the program as the contract says, each value as text.
    """

    instance_type: str = "ml.m5.large"
    volume: Size = JOB_VOLUME
    max_run: timedelta = timedelta(minutes=30)
    hyperparameters: Mapping[str, Scalar] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """What a trained model must reach before it is deployed anywhere.

    metric: a name in evaluation.json; "" means no gate, and then only a person can let a release pass.
    threshold: in the metric's own unit, the value itself passes; needed as soon as there is a metric.
    champion: the model must also be at least as good as the live one, less `tolerance` (the metric's unit, >= 0).
    """

    metric: str = ""
    direction: Direction = Direction.MAXIMIZE
    threshold: float | None = None
    champion: bool = True
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """The API's function (function/handler.py).

    memory: bytes, whole MiB, 128 MiB..10 GiB. timeout: of one call, whole seconds, 1 s..15 min.
    workers: warm processes of one version on this machine, 0 = one a core.
    """

    memory: Size = FUNCTION_MEMORY
    timeout: timedelta = timedelta(seconds=30)
    workers: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSettings:
    """How a release takes production over.

    percent: a canary's share of the requests while it bakes, 1..99. bake: how long a canary, or a blue/green release
    with all requests, must stay healthy. step, interval: a linear release gets `step` percent more (1..50) every
    `interval`, as long as it stays healthy.
    max_error_rate: of the new version's own answers, 0..1 (5xx / (all - 4xx)); above it the release is rolled back.
    max_latency: of the new version's own answers, their 95th percentile; 0 s = no such bound.
    min_requests: answers of the new version needed for a verdict; with fewer it is inconclusive, never a pass.
    sticky: how callers keep their version while two share: "none", "key", "header:NAME" or "cookie:NAME".
    replay: recent real requests that a new version answers before any caller meets it, 0 = no replay.
    max_answer_difference: share of their predictions that may differ from the live version's, 0..1.
    false_rollback: how often a release as good as the live one may be taken back, 0.0001..0.5.
    hook_timeout: a hook that says nothing this long has failed. max_silence: without evidence this long a person
    decides. max_hold: a release that is held or paused longer goes back.
    keep_previous: whether the version before stays ready beside the live one, so that a rollback takes a moment.
    alarms: names of alarms that send a release back when they go off while it gets requests.
    """

    strategy: Strategy = Strategy.CANARY
    percent: int = 10
    bake: timedelta = timedelta(minutes=5)
    step: int = 10
    interval: timedelta = timedelta(minutes=1)
    max_error_rate: float = 0.01
    max_latency: timedelta = timedelta(0)
    min_requests: int = 10
    sticky: str = "none"
    replay: int = 200
    max_answer_difference: float = 1.0
    false_rollback: float = 0.05
    hook_timeout: timedelta = timedelta(minutes=5)
    max_silence: timedelta = timedelta(minutes=1)
    max_hold: timedelta = timedelta(days=1)
    keep_previous: bool = True
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSettings:
    """The person's yes between dev and production.

    approvers: how many different people must say yes, 1..5; one no is enough to refuse.
    timeout: silence this long is a no. warn_before: people are reminded this long before that.
    """

    required: bool = True
    approvers: int = 1
    timeout: timedelta = timedelta(days=7)
    warn_before: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSettings:
    """How the training state machine retries what failed for a passing reason.

    max_attempts: retries after the first try, 0..99. interval: wait before the first of them, whole seconds.
    backoff: each further wait is this many times longer, 1..10.
    """

    max_attempts: int = 2
    interval: timedelta = timedelta(seconds=10)
    backoff: float = 2.0


class Predicts(StrEnum):
    """What a model predicts: a probability of one thing, one of many classes, or a number; `auto` looks at labels."""

    AUTO = "auto"
    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class DriftMode(StrEnum):
    """Whose rule decides on drift: ours, or SageMaker Model Monitor's own numbers."""

    SHIPWAY = "shipway"
    SAGEMAKER = "sagemaker"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringSettings:
    """What is watched in production.

    every: how often captured data is analysed, whole hours, 1 h..1 d.
    drift_tolerance: distance between baseline and live distribution that is of no concern, 0..1; thresholds: feature
    -> another one for it. drift_budget: false alarms allowed in 30 days, over all features and windows together.
    horizons: how far back each analysis looks for drift, whole hours, 1 h..7 d, rising.
    features: names to watch, empty = every declared feature. alarms: drift metrics that alert, empty = all of them.
    predicts: what the model predicts. decision_threshold: a binary score at or above it is a yes, 0..1.
    quality_metric: compared with the evaluation, "" = the gate's. quality_tolerance: loss that is of no concern, in
    that metric's unit, >= 0. label_window: how long after an answer its label is known at the latest, whole days.
    label_coverage: share of a day's answers that should have one by then, 0..1; label_alarm: fewer are an alarm.
    """

    enabled: bool = True
    every: timedelta = timedelta(hours=1)
    drift_mode: DriftMode = DriftMode.SHIPWAY
    drift_tolerance: float = 0.05
    drift_budget: float = 0.1
    horizons: tuple[timedelta, ...] = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
    thresholds: Mapping[str, float] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    predicts: Predicts = Predicts.AUTO
    decision_threshold: float = 0.5
    quality_metric: str = ""
    quality_tolerance: float = 0.05
    label_window: timedelta = timedelta(days=7)
    label_coverage: float = 0.5
    label_alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTrigger:
    """A commit that changes what a release is made of. quiet: without another one; distance: since the last run."""

    enabled: bool = True
    quiet: timedelta = timedelta(seconds=10)
    distance: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTrigger:
    """An upload below the data's prefix. quiet: without another one; distance: since the last run by an upload."""

    enabled: bool = True
    quiet: timedelta = timedelta(minutes=1)
    distance: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTrigger:
    """The clock. cron: five fields, or EventBridge's six; zone: IANA name of the clock that they are read on."""

    enabled: bool = True
    cron: str = "cron(0 6 1 * ? *)"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftTrigger:
    """An alarm on drift. quiet: without another one; distance: since the last retraining by an alarm."""

    enabled: bool = True
    quiet: timedelta = timedelta(minutes=5)
    distance: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerSettings:
    """What starts the pipeline by itself."""

    source: SourceTrigger = SourceTrigger()
    data: DataTrigger = DataTrigger()
    schedule: ScheduleTrigger = ScheduleTrigger()
    drift: DriftTrigger = DriftTrigger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """Ports of this machine's target on 127.0.0.1; 0 = a free one is chosen once and kept."""

    api_port: int = 0
    control_port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """An OpenID Connect provider that lets people in; "" = there is none.

    secret_file: holds the client's secret, below the project's folder or absolute. claim: that is a person's name
    here. role: of whoever comes the first time.
    """

    issuer: str = ""
    client: str = ""
    secret_file: str = ""
    claim: str = "email"
    role: Role = Role.VIEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Who reaches the console. hosts: names beside loopback's; with any of them everybody has to log in.

    git: whether people with an API token may clone the project's repository there, and admins push to it.
    """

    hosts: tuple[str, ...] = ()
    git: bool = False
    oidc: OidcSettings = OidcSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A whole shipway.toml. name: everything else is named after it; 2 to 32 of a-z, 0-9, -."""

    name: str
    data: DataSettings = DataSettings()
    processing: ProcessingSettings = ProcessingSettings()
    training: TrainingSettings = TrainingSettings()
    gate: GateSettings = GateSettings()
    endpoint: EndpointStages = ENDPOINTS
    function: FunctionSettings = FunctionSettings()
    deployment: DeploymentSettings = DeploymentSettings()
    approval: ApprovalSettings = ApprovalSettings()
    workflow: WorkflowSettings = WorkflowSettings()
    notifications: NotificationSettings = NOTIFICATIONS
    capture: CaptureSettings = CAPTURE
    monitoring: MonitoringSettings = MonitoringSettings()
    triggers: TriggerSettings = TriggerSettings()
    alarms: tuple[AlarmSettings, ...] = ()
    aws: AwsSettings = AWS
    local: LocalSettings = LocalSettings()
    console: ConsoleSettings = ConsoleSettings()

    @property
    def bucket(self) -> str:
        """The bucket of the raw data."""
        return self.data.bucket or f"{self.name}-data"

    @property
    def data_uri(self) -> str:
        """The s3 name below which the raw data lies: "s3://bucket/prefix"."""
        return f"s3://{self.bucket}/{self.data.prefix}"
