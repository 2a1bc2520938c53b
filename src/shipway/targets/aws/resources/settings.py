"""What the stacks' parameters are for a project at a place. Every value is text, as CloudFormation takes it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shipway.domain.endpoint_settings import EndpointSettings
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.functions.catalogue import VOLUME
from shipway.targets.aws.resources.block import attribute, ref, sub
from shipway.targets.aws.resources.place import Place
from shipway.targets.aws.resources.shift import shift

DAY = timedelta(days=1)
HOOK_LIMIT = timedelta(minutes=15)  # of a Lambda function
UNBOUNDED = 1_000_000  # requests a minute of one instance: no scaling, where the project names no target
STARTUP_LEAST = 60  # seconds; SageMaker's ContainerStartupHealthCheckTimeoutInSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Which hooks of their own the user's files have."""

    pre_traffic: bool = False
    post_traffic: bool = False


def parameters(project: Project, place: Place, hooks: Hooks) -> dict[str, str]:
    """Return the value of each parameter that the project decides; ids and assets come from elsewhere (stacks.py)."""
    return {
        "Project": project.name,
        **_kept(project, place),
        **_pipeline(project, place),
        **_endpoints(project),
        **_traffic(project, hooks),
    }


def _kept(project: Project, place: Place) -> dict[str, str]:
    aws = project.aws
    return {
        "ArtifactBucket": place.artifact_bucket(project),
        "DataBucket": place.data_bucket(project),
        "DataPrefix": project.data.prefix,
        "CaptureBucket": place.capture_bucket(project),
        "LogBucket": place.log_bucket(project),
        "CreateDataBucket": _yes(aws.create_data_bucket),
        "KeepVersionsDays": str(aws.keep_versions // DAY),
        "KeepCapturesDays": str(max(8, project.capture.retention // DAY)),  # drift looks back a week
        "KeepLogsDays": str(aws.keep_logs // DAY),
        "KeepImages": str(aws.keep_images),
        "Network": aws.network,
        "NatGateways": str(aws.nat_gateways),
        "NoticeKinds": " ".join(project.notifications.kinds),
    }


def _pipeline(project: Project, place: Place) -> dict[str, str]:
    aws, triggers, approval = project.aws, project.triggers, project.approval
    nothing = f"arn:aws:codeconnections:{place.region}:{place.account}:connection/none"
    return {
        "Source": str(aws.source),
        "Repository": aws.repository or project.name,
        "Branch": aws.branch,
        "ConnectionArn": aws.connection or nothing,
        "OnSource": _state(triggers.source.enabled),
        "OnData": _state(triggers.data.enabled),
        "OnSchedule": _state(triggers.schedule.enabled),
        "OnDrift": _state(triggers.drift.enabled),
        "Schedule": schedule(triggers.schedule.cron),
        "Approvers": str(approval.approvers if approval.required else 0),
        "WarnMinutes": str(math.ceil(approval.warn_before / timedelta(minutes=1))),
        "Reminders": _state(approval.required),
        "ApprovalMinutes": str(min(86_400, max(5, math.ceil(approval.timeout / timedelta(minutes=1))))),
    }


def _endpoints(project: Project) -> dict[str, str]:
    dev, prod = project.endpoint.dev, project.endpoint.prod
    return {
        "DevInstanceType": dev.instance_type,
        "DevStartupSeconds": _startup(dev),
        "ProdInstanceType": prod.instance_type,
        "ProdStartupSeconds": _startup(prod),
        "NetworkIsolation": _yes(project.aws.network_isolation),
        **_scaling(prod),
        "CapturePercent": str(project.capture.prod_percent),
        "Monitor": str(project.aws.monitor) if project.monitoring.enabled else "none",
        "MonitorInstanceType": project.processing.instance_type,
    }


def _scaling(endpoint: EndpointSettings) -> dict[str, str]:
    # What an instance is meant to answer is what its workers are; one a core is counted as one.
    policy, workers = endpoint.scaling, max(1, endpoint.workers)
    return {
        "MinInstances": str(max(1, policy.min)),
        "MaxInstances": str(max(1, policy.max)),
        "InvocationsPerInstance": str(policy.target * workers or UNBOUNDED),
        "ScaleOutSeconds": str(int(policy.scale_out_cooldown.total_seconds())),
        "ScaleInSeconds": str(int(policy.scale_in_cooldown.total_seconds())),
        "ScaleIn": _yes(policy.scale_in),
    }


def _traffic(project: Project, hooks: Hooks) -> dict[str, str]:
    deployment, function, moving = project.deployment, project.function, shift(project.deployment)
    return {
        "FunctionMemory": str(int(function.memory) // 2**20),
        "FunctionSeconds": str(int(function.timeout.total_seconds())),
        "HasPreTrafficHook": _yes(hooks.pre_traffic),
        "HasPostTrafficHook": _yes(hooks.post_traffic),
        "Shift": moving.kind,
        "ShiftPercent": str(moving.percent),
        "ShiftMinutes": str(moving.minutes),
        "MaxErrorRate": f"{deployment.max_error_rate:g}",
        "ReplayRequests": str(deployment.replay),
        "MaxAnswerDifference": f"{deployment.max_answer_difference:g}",
        "MaxLatencyMilliseconds": str(math.ceil(deployment.max_latency / timedelta(milliseconds=1))),
        "RateLimit": str(project.aws.rate_limit),
        "BurstLimit": str(project.aws.burst_limit),
    }


def places(project: Project) -> dict[str, Json]:
    """Return what fills the places of stacks written by hand, where a parameter cannot hold it."""
    hook = min(project.deployment.hook_timeout, HOOK_LIMIT)
    return {
        "environment.dev": serving(project.endpoint.dev),
        "environment.prod": serving(project.endpoint.prod),
        "environment.function": _calling(project),
        "hook_seconds": int(hook.total_seconds()),
    }


def serving(endpoint: EndpointSettings) -> JsonObject:
    workers = {"SAGEMAKER_MODEL_SERVER_WORKERS": str(endpoint.workers)} if endpoint.workers else {}
    return {**endpoint.environment, **workers}


def _calling(project: Project) -> JsonObject:
    return {
        **project.function.environment,
        "ENDPOINT_NAME": attribute("Endpoint", "EndpointName"),
        "SHARED_VOLUME": sub(f"{VOLUME}/${{RunFolder}}"),
        "RELEASE": ref("Release"),
    }


def schedule(cron: str) -> str:
    """Return EventBridge's six fields for them, or for the classic five."""
    inner = cron.strip().removeprefix("cron(").removesuffix(")").split()
    if len(inner) == 5:
        minute, hour, day, month, weekday = inner
        if weekday == "*":
            weekday = "?"
        elif day == "*":
            day = "?"
        inner = [minute, hour, day, month, _weekday(weekday), "*"]
    return f"cron({' '.join(inner)})"


def _weekday(text: str) -> str:
    # Classic: 0 and 7 are Sunday. EventBridge: 1 is Sunday. Names are the same in both.
    return re.sub(r"(?<![/#\d])\d", lambda day: str(int(day[0]) % 7 + 1), text)


def given(declared: tuple[str, ...], values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of those parameters that a stack declares."""
    return {name: values[name] for name in declared if name in values}


def _startup(endpoint: EndpointSettings) -> str:
    return str(max(STARTUP_LEAST, int(endpoint.startup_timeout.total_seconds())))


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _state(enabled: bool) -> str:
    return "ENABLED" if enabled else "DISABLED"
