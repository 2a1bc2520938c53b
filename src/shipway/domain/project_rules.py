"""What must hold in a project beyond the types of its values. Every rule is pure and reports all that it finds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches

from shipway.domain import aws_problems, capture_settings, names
from shipway.domain.alarm_problems import alarm_problems
from shipway.domain.endpoint_settings import EndpointSettings
from shipway.domain.notice import Kind, Security
from shipway.domain.project import DataFormat, Problem, Project, Scalar
from shipway.domain.scaling import MINUTE, ScalingPolicy
from shipway.domain.schedule import cron_problem
from shipway.domain.traffic import StickyInvalid, parse_sticky
from shipway.domain.units import Size, format_duration

GIB = 2**30
MIB = 2**20
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
RESERVED = {"ENDPOINT_NAME": "the name of the endpoint", "SHARED_VOLUME": "the path of the shared volume"}
_NAME = re.compile(r"[a-z](?:-?[a-z0-9])+")
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
_INSTANCE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+")
_METRIC = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
_FEATURE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def validate(project: Project) -> list[Problem]:
    """Return everything that is wrong with the project's values; empty when it can be used."""
    rules = (_name, _data, _jobs, _gate, _endpoints, _function, _deployment, _approval, _workflow, _notifications)
    return [
        problem
        for rule in (*rules, _capture, _monitoring, _triggers, alarm_problems, _aws, _local)
        for problem in rule(project)
    ]


def suggestion(word: str, known: list[str]) -> str:
    """Return 'did you mean "x"?' for the closest known word, or the list of all when none is close."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"use one of: {', '.join(known)}" if known else "take it out"


def _name(project: Project) -> Iterator[Problem]:
    """Buckets, jobs, endpoints and functions are named after it; 32 leaves room for what is appended below 63."""
    if not _NAME.fullmatch(project.name) or len(project.name) > 32:
        remedy = "use 2 to 32 small letters, digits and single hyphens, beginning with a letter"
        yield Problem(path="name", problem=f"{project.name!r} cannot be a project's name", remedy=remedy)


def _data(project: Project) -> Iterator[Problem]:
    data = project.data
    if data.bucket and not _BUCKET.fullmatch(data.bucket):
        remedy = "3 to 63 small letters, digits, dots and hyphens, a letter or digit at both ends"
        yield Problem(path="data.bucket", problem=f"{data.bucket!r} cannot be a bucket's name", remedy=remedy)
    if data.prefix and (not data.prefix.endswith("/") or data.prefix.startswith("/")):
        remedy = f'write "{data.prefix.strip("/")}/"' if data.prefix.strip("/") else 'write "" for the whole bucket'
        yield Problem(path="data.prefix", problem=f"{data.prefix!r} is not a folder of the bucket", remedy=remedy)
    if data.features and data.format is DataFormat.FILES:
        remedy = "leave data.features out, or name the format: csv, parquet, jsonlines"
        yield Problem(path="data.features", problem='data of the format "files" has no columns', remedy=remedy)
    if data.target and data.target in data.features:
        remedy = f'take "{data.target}" out of data.features: they are the model\'s inputs'
        yield Problem(path="data.target", problem=f'"{data.target}" is also a feature', remedy=remedy)
    for feature in data.features:
        if not _FEATURE.fullmatch(feature):
            remedy = "rename the column: letters, digits, and _ . - after the first"
            yield Problem(
                path=f"data.features.{feature}", problem=f"no metric can be named after {feature!r}", remedy=remedy
            )


def _jobs(project: Project) -> Iterator[Problem]:
    for section, job in (("processing", project.processing), ("training", project.training)):
        yield from _instance(f"{section}.instance_type", job.instance_type)
        yield from _whole(f"{section}.volume", job.volume, GIB, (1, 16384), "GiB")
        yield from _time(f"{section}.max_run", job.max_run, SECOND, timedelta(days=28))
        yield from _environment(f"{section}.environment", job.environment)
    yield from _hyperparameters(project.training.hyperparameters)


def _hyperparameters(values: Mapping[str, Scalar]) -> Iterator[Problem]:
    for name, value in values.items():
        path = f"training.hyperparameters.{name}"
        if not 1 <= len(name) <= 256:
            yield Problem(path=path, problem=f"the name has {len(name)} characters", remedy="use 1 to 256")
        if len(str(value)) > 2500:
            remedy = "use at most 2500; put more into a file of container/code"
            yield Problem(path=path, problem=f"the value has {len(str(value))} characters", remedy=remedy)


def _gate(project: Project) -> Iterator[Problem]:
    gate = project.gate
    if gate.metric and not _METRIC.fullmatch(gate.metric):
        remedy = "use the name that evaluate.py writes: letters, digits, _ . -"
        yield Problem(path="gate.metric", problem=f"{gate.metric!r} cannot be a metric's name", remedy=remedy)
    if gate.metric and gate.threshold is None:
        remedy = "say what is good enough, in the metric's own unit: threshold = 0.8"
        yield Problem(path="gate.threshold", problem=f'"{gate.metric}" has no bound to reach', remedy=remedy)
    if gate.threshold is not None and not gate.metric:
        remedy = "name the metric of evaluation.json that it is for"
        yield Problem(path="gate.metric", problem="a threshold needs a metric", remedy=remedy)
    if not 0 <= gate.tolerance < float("inf"):
        yield Problem(path="gate.tolerance", problem=f"{gate.tolerance} is out of range", remedy="write 0 or more")
    if gate.threshold is not None and not abs(gate.threshold) < float("inf"):
        remedy = "write a finite number"
        yield Problem(path="gate.threshold", problem=f"{gate.threshold} bounds nothing", remedy=remedy)


def _endpoints(project: Project) -> Iterator[Problem]:
    stages: tuple[tuple[str, EndpointSettings], ...] = (("dev", project.endpoint.dev), ("prod", project.endpoint.prod))
    for stage, endpoint in stages:
        yield from _instance(f"endpoint.{stage}.instance_type", endpoint.instance_type)
        yield from _between(f"endpoint.{stage}.workers", endpoint.workers, 0, 256)
        yield from _time(f"endpoint.{stage}.startup_timeout", endpoint.startup_timeout, SECOND, timedelta(hours=1))
        yield from _environment(f"endpoint.{stage}.environment", endpoint.environment)
        yield from _scaling(f"endpoint.{stage}.scaling", endpoint.scaling)
    if project.endpoint.prod.scaling.idle:
        remedy = 'leave it out, or write "0s"'
        yield Problem(path="endpoint.prod.scaling.idle", problem="production does not sleep", remedy=remedy)


def _scaling(path: str, scaling: ScalingPolicy) -> Iterator[Problem]:
    yield from _between(f"{path}.min", scaling.min, 1, 100)
    yield from _between(f"{path}.max", scaling.max, 1, 100)
    if scaling.max < scaling.min:
        remedy = f"write {scaling.min} or more"
        yield Problem(path=f"{path}.max", problem=f"{scaling.max} is less than min = {scaling.min}", remedy=remedy)
    if scaling.target < 0 or (scaling.min < scaling.max and not scaling.target):
        remedy = "say how many invocations a minute one worker should answer, below what it can: target = 600"
        yield Problem(path=f"{path}.target", problem=f"{scaling.target} does not say when to grow", remedy=remedy)
    for key, cooldown in (("out", scaling.scale_out_cooldown), ("in", scaling.scale_in_cooldown)):
        yield from _time(f"{path}.scale_{key}_cooldown", cooldown, SECOND, timedelta(hours=1))
    if scaling.idle:
        yield from _time(f"{path}.idle", scaling.idle, MINUTE, timedelta(days=30))


def _function(project: Project) -> Iterator[Problem]:
    function = project.function
    yield from _whole("function.memory", function.memory, MIB, (128, 10240), "MiB")
    yield from _time("function.timeout", function.timeout, SECOND, timedelta(minutes=15))
    yield from _between("function.workers", function.workers, 0, 256)
    yield from _environment("function.environment", function.environment)
    for name in function.environment:
        if name in RESERVED or name.startswith(("AWS_", "LAMBDA_")):
            what = RESERVED.get(name, "set by the runtime")
            remedy = "choose another name"
            yield Problem(path=f"function.environment.{name}", problem=f"{name} is {what}", remedy=remedy)


def _deployment(project: Project) -> Iterator[Problem]:
    deployment = project.deployment
    yield from _between("deployment.percent", deployment.percent, 1, 99)
    yield from _time("deployment.bake", deployment.bake, SECOND, timedelta(days=2))
    yield from _between("deployment.step", deployment.step, 1, 50)
    yield from _time("deployment.interval", deployment.interval, SECOND, timedelta(days=2))
    yield from _between("deployment.max_error_rate", deployment.max_error_rate, 0, 1)
    yield from _between("deployment.min_requests", deployment.min_requests, 1, 1_000_000)
    try:
        parse_sticky(deployment.sticky)
    except StickyInvalid as error:
        yield Problem(path="deployment.sticky", problem=str(error), remedy=error.remedy)
    yield from _between("deployment.replay", deployment.replay, 0, 10_000)
    yield from _between("deployment.max_answer_difference", deployment.max_answer_difference, 0, 1)
    yield from _between("deployment.false_rollback", deployment.false_rollback, 0.0001, 0.5)
    if not timedelta(0) <= deployment.max_latency <= timedelta(minutes=15):
        problem = f"{format_duration(deployment.max_latency)} is out of range"
        remedy = 'write "0s" for no bound, or at most "15m"'
        yield Problem(path="deployment.max_latency", problem=problem, remedy=remedy)
    yield from _time("deployment.hook_timeout", deployment.hook_timeout, SECOND, timedelta(hours=1))
    yield from _time("deployment.max_silence", deployment.max_silence, SECOND, timedelta(hours=1))
    yield from _time("deployment.max_hold", deployment.max_hold, SECOND, timedelta(days=30))


def _approval(project: Project) -> Iterator[Problem]:
    approval = project.approval
    yield from _between("approval.approvers", approval.approvers, 1, 5)
    yield from _time("approval.timeout", approval.timeout, SECOND, timedelta(days=365))
    if approval.warn_before >= approval.timeout:
        limit = format_duration(approval.timeout)
        problem = f"{format_duration(approval.warn_before)} before the end is before the beginning: timeout is {limit}"
        yield Problem(path="approval.warn_before", problem=problem, remedy=f"write less than {limit}")
    if not approval.required and not project.gate.metric:
        remedy = "set gate.metric and gate.threshold, or keep required = true"
        problem = "without a gate and without an approval nothing judges a release"
        yield Problem(path="approval.required", problem=problem, remedy=remedy)


def _workflow(project: Project) -> Iterator[Problem]:
    workflow = project.workflow
    yield from _between("workflow.max_attempts", workflow.max_attempts, 0, 99)
    yield from _time("workflow.interval", workflow.interval, SECOND, timedelta(days=1))
    yield from _between("workflow.backoff", workflow.backoff, 1, 10)


def _notifications(project: Project) -> Iterator[Problem]:
    for index, address in enumerate(project.notifications.mail):
        if not _MAIL.fullmatch(address):
            remedy = 'write "name@example.org"'
            problem = f"{address!r} is not a mail address"
            yield Problem(path=f"notifications.mail[{index}]", problem=problem, remedy=remedy)
    for index, url in enumerate(project.notifications.webhooks):
        if not re.match(r"https?://[^/\s]+", url):
            remedy = 'write the whole address: "https://chat.example.org/hooks/1"'
            problem = f"{url!r} is not a web address"
            yield Problem(path=f"notifications.webhooks[{index}]", problem=problem, remedy=remedy)
    for index, kind in enumerate(project.notifications.kinds):
        if kind not in list(Kind):
            problem = f"there are no notices of the kind {kind!r}"
            remedy = suggestion(kind, [each.value for each in Kind])
            yield Problem(path=f"notifications.kinds[{index}]", problem=problem, remedy=remedy)
    yield from _smtp(project)


def _smtp(project: Project) -> Iterator[Problem]:
    smtp, group = project.notifications.smtp, project.notifications.group
    if group % SECOND or not timedelta(0) <= group <= timedelta(hours=1):
        problem = f"{format_duration(group)} is not whole seconds, from 0s to 1h"
        yield Problem(path="notifications.group", problem=problem, remedy='write it as "1m"')
    if re.search(r"[/:@\s]", smtp.host):
        problem = f"{smtp.host!r} is not the name of a server"
        yield Problem(path="notifications.smtp.host", problem=problem, remedy='write it as "mail.example.org"')
    if not 0 <= smtp.port <= 65535:
        problem = f"{smtp.port} is not a port"
        yield Problem(path="notifications.smtp.port", problem=problem, remedy="write 0 to 65535")
    if smtp.sender and not _MAIL.fullmatch(smtp.sender):
        problem = f"{smtp.sender!r} is not a mail address"
        yield Problem(path="notifications.smtp.sender", problem=problem, remedy='write "name@example.org"')
    if smtp.user and smtp.security is Security.NONE:
        problem = "a password would be sent unencrypted"
        yield Problem(path="notifications.smtp.security", problem=problem, remedy='write "starttls" or "tls"')


def _capture(project: Project) -> Iterator[Problem]:
    for key, problem, remedy in capture_settings.problems(project.capture):
        yield Problem(path=f"capture.{key}", problem=problem, remedy=remedy)


def _monitoring(project: Project) -> Iterator[Problem]:
    monitoring, declared = project.monitoring, list(project.data.features)
    yield from _time("monitoring.every", monitoring.every, HOUR, timedelta(days=1))
    if monitoring.every % HOUR:
        yield Problem(path="monitoring.every", problem="it is not whole hours", remedy='write "1h" to "24h"')
    yield from _between("monitoring.drift_tolerance", monitoring.drift_tolerance, 0, 1)
    yield from _between("monitoring.drift_budget", monitoring.drift_budget, 0.0001, 100)
    yield from _horizons(monitoring.horizons)
    yield from _between("monitoring.decision_threshold", monitoring.decision_threshold, 0, 1)
    yield from _between("monitoring.quality_tolerance", monitoring.quality_tolerance, 0, 1e9)
    yield from _time("monitoring.label_window", monitoring.label_window, timedelta(days=1), timedelta(days=60))
    if monitoring.label_window % timedelta(days=1):
        yield Problem(path="monitoring.label_window", problem="it is not whole days", remedy='write "1d" to "60d"')
    yield from _between("monitoring.label_coverage", monitoring.label_coverage, 0, 1)
    for feature, threshold in monitoring.thresholds.items():
        yield from _between(f"monitoring.thresholds.{feature}", threshold, 0, 1)
        if feature not in declared:
            yield _unknown(f"monitoring.thresholds.{feature}", feature, declared)
    for index, feature in enumerate(monitoring.features):
        if feature not in declared:
            yield _unknown(f"monitoring.features[{index}]", feature, declared)
    watched = [names.drift_metric(feature) for feature in monitoring.features or declared]
    for index, alarm in enumerate(monitoring.alarms):
        if alarm not in watched:
            yield _unknown(f"monitoring.alarms[{index}]", alarm, watched)


def _horizons(horizons: Sequence[timedelta]) -> Iterator[Problem]:
    path, week = "monitoring.horizons", timedelta(days=7)
    if not 1 <= len(horizons) <= 6 or list(horizons) != sorted(set(horizons)):
        yield Problem(path=path, problem="these are not 1 to 6 rising times", remedy='write ["1h", "1d", "7d"]')
    for index, each in enumerate(horizons):
        yield from _time(f"{path}[{index}]", each, HOUR, week)
        if each % HOUR:
            yield Problem(path=f"{path}[{index}]", problem="it is not whole hours", remedy='write "1h" to "7d"')


def _triggers(project: Project) -> Iterator[Problem]:
    triggers = project.triggers
    for kind, rule in (("source", triggers.source), ("data", triggers.data), ("drift", triggers.drift)):
        yield from _time(f"triggers.{kind}.quiet", rule.quiet, timedelta(0), timedelta(days=1))
        yield from _time(f"triggers.{kind}.distance", rule.distance, timedelta(0), timedelta(days=365))
    if problem := cron_problem(triggers.schedule.cron):
        remedy = 'write for example "cron(0 6 1 * ? *)" (minute hour day month weekday year) or "0 6 1 * *"'
        yield Problem(path="triggers.schedule.cron", problem=problem, remedy=remedy)


def _unknown(path: str, name: str, known: list[str]) -> Problem:
    if known:
        return Problem(path=path, problem=f'the data has no "{name}"', remedy=suggestion(name, known))
    remedy = "declare the model's inputs in data.features"
    return Problem(path=path, problem=f'"{name}" cannot be checked: no feature is declared', remedy=remedy)


def _aws(project: Project) -> Iterator[Problem]:
    yield from aws_problems.problems(project.aws)


def _local(project: Project) -> Iterator[Problem]:
    local = project.local
    for path, port in (("local.api_port", local.api_port), ("local.control_port", local.control_port)):
        if port and not 1024 <= port <= 65535:
            remedy = "write 1024 to 65535, or 0 for a free one"
            yield Problem(path=path, problem=f"{port} cannot be listened on", remedy=remedy)
    if local.api_port and local.api_port == local.control_port:
        problem = f"{local.control_port} is already the port of the API"
        yield Problem(path="local.control_port", problem=problem, remedy="choose another, or 0 for a free one")


def _instance(path: str, value: str) -> Iterator[Problem]:
    if not _INSTANCE.fullmatch(value):
        yield Problem(path=path, problem=f"{value!r} is not an instance type", remedy='write it as "ml.m5.large"')


def _environment(path: str, variables: Mapping[str, str]) -> Iterator[Problem]:
    for name in variables:
        if not _VARIABLE.fullmatch(name):
            remedy = "use letters, digits and _, no digit first"
            yield Problem(path=f"{path}.{name}", problem=f"{name!r} cannot name a variable", remedy=remedy)


def _between(path: str, value: float, low: float, high: float) -> Iterator[Problem]:
    if not low <= value <= high:
        yield Problem(path=path, problem=f"{value} is out of range", remedy=f"write {low} to {high}")


def _whole(path: str, value: Size, unit: int, bounds: tuple[int, int], name: str) -> Iterator[Problem]:
    low, high = bounds
    if value % unit:
        up = -(-value // unit)
        yield Problem(path=path, problem=f"{value} is not a whole number of {name}", remedy=f'write "{up}{name}"')
    elif not low * unit <= value <= high * unit:
        remedy = f'write "{Size(low * unit)}" to "{Size(high * unit)}"'
        yield Problem(path=path, problem=f"{value} is out of range", remedy=remedy)


def _time(path: str, value: timedelta, low: timedelta, high: timedelta) -> Iterator[Problem]:
    if value % SECOND:
        remedy = f'write "{-(-value // SECOND)}s"'
        yield Problem(path=path, problem=f"{format_duration(value)} is not whole seconds", remedy=remedy)
    elif not low <= value <= high:
        remedy = f'write "{format_duration(low)}" to "{format_duration(high)}"'
        yield Problem(path=path, problem=f"{format_duration(value)} is out of range", remedy=remedy)
