"""What AWS does not take, checked before anything is made. Each limit names its source.

"model": the constraint stands in botocore's service model, under the shape that is named.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shipway.domain.aws_settings import MonitorKind, SourceKind
from shipway.domain.project import Problem, Project
from shipway.targets.aws.resources.alarm_place import alarm_problems, places
from shipway.targets.aws.resources.alarms import CHILDREN_LIMIT, RULE_LIMIT, owned_rule
from shipway.targets.aws.resources.documents import render
from shipway.targets.aws.resources.place import Place

# Regions that have every resource type of the stacks, by the CloudFormation registry as cfn-lint 1.58 carries it; a
# rung of the verification ladder compares. China, government and isolated partitions are left out: nobody tried them.
EVERYTHING = frozenset(
    (
        *("ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1"),
        *("ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("me-south-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    )
)
NO_MANAGED_MONITOR = frozenset(("eu-south-1",))
NO_CODECOMMIT = frozenset(
    (
        *("af-south-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
        *("ap-southeast-7", "eu-central-2", "eu-south-2", "il-central-1"),
    )
)  # these have no managed monitor either
REGIONS = EVERYTHING | NO_MANAGED_MONITOR | NO_CODECOMMIT
TEMPLATE_BYTES = 1_000_000  # CloudFormation quotas: template body in an S3 object, 1 MB
STACK_RESOURCES = 500  # CloudFormation quotas
STACK_ALARMS = STACK_RESOURCES - 60  # the stack also holds mail subscriptions and combined alarms
METRICS = 1000  # CloudWatch API reference, PutMetricData: metrics of one request
FUNCTION_ENVIRONMENT = 4096  # Lambda quotas: all environment variables together, bytes
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit. most: in the unit of what `measured` returns for a project."""

    path: str
    what: str
    most: float
    source: str
    measured: Callable[[Project], float]


def _longest(values: Mapping[str, object]) -> int:
    return max((len(str(value)) for value in values.values()), default=0)


def _bytes(values: Mapping[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) for name, value in values.items())


LIMITS = (
    Limit(
        path="training.hyperparameters",
        what="hyperparameters",
        most=100,
        source="model: sagemaker HyperParameters",
        measured=lambda project: len(project.training.hyperparameters),
    ),
    Limit(
        path="training.environment",
        what="variables",
        most=100,
        source="model: sagemaker TrainingEnvironmentMap",
        measured=lambda project: len(project.training.environment),
    ),
    Limit(
        path="training.environment",
        what="characters in a value",
        most=512,
        source="model: sagemaker TrainingEnvironmentValue",
        measured=lambda project: _longest(project.training.environment),
    ),
    Limit(
        path="processing.environment",
        what="variables",
        most=100,
        source="model: sagemaker ProcessingEnvironmentMap",
        measured=lambda project: len(project.processing.environment),
    ),
    Limit(
        path="processing.environment",
        what="characters in a value",
        most=256,
        source="model: sagemaker ProcessingEnvironmentValue",
        measured=lambda project: _longest(project.processing.environment),
    ),
    Limit(
        path="processing.max_run",
        what="seconds",
        most=777_600,
        source="model: sagemaker ProcessingMaxRuntimeInSeconds",
        measured=lambda project: project.processing.max_run.total_seconds(),
    ),
    Limit(
        path="endpoint.dev.environment",
        what="characters in a value",
        most=1024,
        source="model: sagemaker EnvironmentValue",
        measured=lambda project: _longest(project.endpoint.dev.environment),
    ),
    Limit(
        path="endpoint.prod.environment",
        what="characters in a value",
        most=1024,
        source="model: sagemaker EnvironmentValue",
        measured=lambda project: _longest(project.endpoint.prod.environment),
    ),
    Limit(
        path="function.environment",
        what="bytes of names and values",
        most=FUNCTION_ENVIRONMENT - 512,  # room for what Shipway adds
        source="Lambda quotas, environment variables",
        measured=lambda project: _bytes(project.function.environment),
    ),
    Limit(
        path="approval.timeout",
        what="days",
        most=60,
        source="model: codepipeline ActionTimeout (86400 minutes)",
        measured=lambda project: project.approval.timeout / DAY,
    ),
    Limit(
        path="monitoring.features",
        what="features watched for drift",
        most=min(METRICS, STACK_ALARMS),
        source="CloudFormation quotas, resources of a template; CloudWatch PutMetricData",
        measured=lambda project: len(places(project).drift),
    ),
    Limit(
        path="alarms",
        what="alarms, those on drift among them",
        most=STACK_ALARMS,
        source="CloudFormation quotas, resources of a template",
        measured=lambda project: len(places(project).drift) + len(project.alarms),
    ),
    Limit(
        path="alarms",
        what="characters in a description",
        most=1024,
        source="model: cloudwatch AlarmDescription",
        measured=lambda project: _longest({each.name: each.description for each in project.alarms}),
    ),
    Limit(
        path="alarms",
        what="characters in a rule, with the project's name before each alarm's",
        most=RULE_LIMIT,
        source="model: cloudwatch AlarmRule",
        measured=lambda project: _longest({each.name: owned_rule(each.rule, project.name) for each in project.alarms}),
    ),
    Limit(
        path="alarms",
        what="alarms in a rule",
        most=CHILDREN_LIMIT,
        source="CloudWatch API reference, PutCompositeAlarm",
        measured=lambda project: max((len(each.alarms) for each in places(project).composites), default=0),
    ),
    Limit(
        path="notifications.mail",
        what="mail addresses",
        most=50,
        source="CloudFormation quotas, resources of a template, shared with the alarms",
        measured=lambda project: len(project.notifications.mail),
    ),
)


def problems(project: Project, place: Place) -> list[Problem]:
    """Return everything about a project that AWS would refuse, here and now; empty when it can be applied."""
    return [
        *_counts(project),
        *alarm_problems(project),
        *_region(project, place),
        *_source(project),
        *_sizes(project, place),
    ]


def _counts(project: Project) -> Iterator[Problem]:
    for limit in LIMITS:
        found = limit.measured(project)
        if found > limit.most:
            problem = f"{found:g} {limit.what}, AWS takes {limit.most:g}"
            yield Problem(path=limit.path, problem=problem, remedy=f"use fewer ({limit.source})")


def _region(project: Project, place: Place) -> Iterator[Problem]:
    if place.region not in REGIONS:
        remedy = f"use one of: {', '.join(sorted(REGIONS))}"
        yield Problem(path="aws.region", problem=f"{place.region} lacks a service that is needed", remedy=remedy)
        return
    if project.aws.source is SourceKind.CODECOMMIT and place.region in NO_CODECOMMIT:
        remedy = 'use source = "connection" or "s3"'
        yield Problem(path="aws.source", problem=f"{place.region} has no CodeCommit", remedy=remedy)
    if project.aws.monitor is MonitorKind.MANAGED and place.region not in EVERYTHING:
        remedy = 'use monitor = "schedule"'
        yield Problem(path="aws.monitor", problem=f"{place.region} has no SageMaker Model Monitor", remedy=remedy)


def _source(project: Project) -> Iterator[Problem]:
    if project.aws.source is not SourceKind.CONNECTION:
        return
    if not project.aws.connection:
        remedy = 'make one in the console (Developer Tools, Connections) and write its ARN, or use source = "s3"'
        yield Problem(path="aws.connection", problem="the source is a connection, and none is named", remedy=remedy)
    if not project.aws.repository:
        problem = "the source is a connection, and no repository is named"
        yield Problem(path="aws.repository", problem=problem, remedy='write "owner/name"')


def _sizes(project: Project, place: Place) -> Iterator[Problem]:
    for path, text in render(project, place).items():
        if path.startswith("stacks/") and len(text.encode()) > TEMPLATE_BYTES:
            problem = f"{path} has {len(text.encode())} bytes, CloudFormation takes {TEMPLATE_BYTES}"
            yield Problem(path="monitoring.features", problem=problem, remedy="watch fewer features")
