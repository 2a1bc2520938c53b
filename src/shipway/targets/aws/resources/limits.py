"""What AWS does not take, checked before anything is made. Each limit names its source.

"model": the constraint stands in botocore's service model, under the shape that is named.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shipway.domain.aws_settings import MonitorKind, SourceKind
from shipway.domain.names import drift_metric
from shipway.domain.project import Problem, Project
from shipway.domain.values import Json
from shipway.targets.aws.resources import rendered
from shipway.targets.aws.resources.alarm_place import alarm_problems, places
from shipway.targets.aws.resources.alarms import CHILDREN_LIMIT, RULE_LIMIT, owned_rule
from shipway.targets.aws.resources.documents import render
from shipway.targets.aws.resources.metric import LABELLED
from shipway.targets.aws.resources.monitoring import environment as hourly
from shipway.targets.aws.resources.place import Place
from shipway.targets.aws.resources.settings import serving
from shipway.targets.aws.resources.shift import shift

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
STACK_ALARMS = rendered.STACK_RESOURCES - 60  # the stack also holds mail subscriptions and combined alarms
STATE_BYTES = 262_144  # what a state of Step Functions may be given or give
METRICS = 1000  # CloudWatch API reference, PutMetricData: metrics of one request
FUNCTION_ENVIRONMENT = 4096  # Lambda quotas: all environment variables together, bytes
VARIABLE = "[a-zA-Z]([a-zA-Z0-9_])+"  # model: lambda EnvironmentVariableName
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit. most: in the unit of what `measured` returns for a project."""

    path: str
    what: str
    most: float
    source: str
    measured: Callable[[Project], float]


Limits = tuple[Limit, ...]


def _longest(values: Mapping[str, object]) -> int:
    return max((len(str(value)) for value in values.values()), default=0)


def _bytes(values: Mapping[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) for name, value in values.items())


def _environment(path: str, shape: str, most: tuple[int, int], of: Callable[[Project], Mapping[str, Json]]) -> Limits:
    """Return the limits of one environment. shape: what their shapes begin with; most: characters of name and value."""
    measures: tuple[tuple[str, str, int, Callable[[Mapping[str, Json]], int]], ...] = (
        ("variables", "Map", 100, len),
        ("characters in a variable's name", "Key", most[0], lambda values: max(map(len, values), default=0)),
        ("characters in a variable's value", "Value", most[1], _longest),
    )
    return tuple(
        Limit(
            path=path,
            what=what,
            most=bound,
            source=f"model: sagemaker {shape}{part}",
            measured=lambda project, measure=measure: measure(of(project)),  # type: ignore[misc]
        )
        for what, part, bound, measure in measures
    )


def _run(project: Project) -> timedelta:
    """Return how long the jobs of a run may take, one attempt each: the baseline is made beside the training."""
    prepare = baseline = evaluate = project.processing.max_run
    return prepare + max(baseline, project.training.max_run + evaluate)


def _shifting(project: Project) -> timedelta:
    """Return how long callers are between two versions."""
    moved = shift(project.deployment)
    steps = -(-100 // moved.percent) - 1 if moved.kind == "linear" else 1
    return timedelta(minutes=moved.minutes * steps) if moved.kind != "all-at-once" else timedelta(0)


def _metrics(project: Project) -> int:
    """Return the size of what the hourly job leaves for its state machine: runtime/analyze/hourly.py, METRICS."""
    value = 0.1234567890123456  # as long as a number gets
    names = [*LABELLED, *map(drift_metric, project.data.features)]
    return len(json.dumps({"metrics": [{"name": name, "value": value} for name in names]}, indent=1))


LIMITS = (
    Limit(
        path="training.hyperparameters",
        what="hyperparameters",
        most=100,
        source="model: sagemaker HyperParameters",
        measured=lambda project: len(project.training.hyperparameters),
    ),
    *_environment("training.environment", "TrainingEnvironment", (512, 512), lambda each: each.training.environment),
    *_environment(
        "processing.environment", "ProcessingEnvironment", (256, 256), lambda each: each.processing.environment
    ),
    Limit(
        path="processing.max_run",
        what="seconds",
        most=777_600,
        source="model: sagemaker ProcessingMaxRuntimeInSeconds",
        measured=lambda project: project.processing.max_run.total_seconds(),
    ),
    Limit(
        path="training.max_run",
        what="days, together with the other jobs of a run",
        most=7,
        source="CodePipeline quotas, Step Functions invoke action",
        measured=lambda project: _run(project) / DAY,
    ),
    *_environment("endpoint.dev.environment", "Environment", (1024, 1024), lambda each: serving(each.endpoint.dev)),
    *_environment("endpoint.prod.environment", "Environment", (1024, 1024), lambda each: serving(each.endpoint.prod)),
    Limit(
        path="deployment.interval",
        what="hours until all callers are moved",
        most=48,
        source="CodeDeploy quotas, AWS Lambda deployment",
        measured=lambda project: _shifting(project) / HOUR,
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
    *_environment("monitoring", "ProcessingEnvironment", (256, 256), hourly),
    Limit(
        path="data.features",
        what="features measured each hour",
        most=METRICS - len(LABELLED),
        source="CloudWatch API reference, PutMetricData",
        measured=lambda project: len(project.data.features),
    ),
    Limit(
        path="data.features",
        what="bytes of metrics of one hour",
        most=STATE_BYTES,
        source="Step Functions quotas, input or output of a task",
        measured=_metrics,
    ),
    Limit(
        path="monitoring.features",
        what="characters in an alarm's name, with the project's before it",
        most=255,
        source="model: cloudwatch AlarmName",
        measured=lambda project: max(
            (len(project.name) + 1 + len(each.name) for each in places(project).drift), default=0
        ),
    ),
    Limit(
        path="monitoring.features",
        what="features watched for drift",
        most=STACK_ALARMS,
        source="CloudFormation quotas, resources of a template",
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
        *_variables(project),
        *alarm_problems(project),
        *_region(project, place),
        *_source(project),
        *rendered.problems(render(project, place)),
    ]


def _counts(project: Project) -> Iterator[Problem]:
    for limit in LIMITS:
        found = limit.measured(project)
        if found > limit.most:
            problem = f"{found:g} {limit.what}, AWS takes {limit.most:g}"
            yield Problem(path=limit.path, problem=problem, remedy=f"use fewer ({limit.source})")


def _variables(project: Project) -> Iterator[Problem]:
    for name in project.function.environment:
        if not re.fullmatch(VARIABLE, name):
            remedy = "begin with a letter, and use two characters or more (model: lambda EnvironmentVariableName)"
            yield Problem(
                path=f"function.environment.{name}", problem=f"Lambda takes no variable {name!r}", remedy=remedy
            )


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
