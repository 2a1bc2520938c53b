"""How many instances endpoints have and why, as SageMaker and Application Auto Scaling tell it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shipway.domain import names
from shipway.domain.capture import VARIANT
from shipway.domain.endpoint_settings import EndpointSettings
from shipway.domain.numbering import number_of
from shipway.ports.scaling import ScalingActivity, ScalingView
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import plainly
from shipway.targets.aws.measuring import Measure, measured

SERVICE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
STAGES = ("prod", "dev")
SEEN = timedelta(minutes=5)  # CloudWatch has a minute's invocations a few minutes after it
MINUTE = timedelta(minutes=1)
AT_ONCE = 50  # resources of one question; Application Auto Scaling API reference, DescribeScalableTargets
STATUS = {"Pending": "InProgress", "Overridden": "Unfulfilled"}  # what the port calls by another name
Document = Mapping[str, Any]
_COUNT = re.compile(r"instance count to (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What holds for one endpoint. target: invocations a minute of one instance, 0 where nothing scales."""

    least: int
    most: int
    target: float
    suspended: bool


@plainly
class Scales:
    """The port over one project's endpoints."""

    def __init__(self, account: Account, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now

    def state(self) -> Sequence[ScalingView]:
        found = [(stage, self._told(name)) for stage in STAGES for name in self._endpoints(stage)]
        own = [told["EndpointName"] for _, told in found]
        rules, loads = self._rules(own), self._loads(own)
        return [self._view(stage, told, rules.get(told["EndpointName"]), loads) for stage, told in found]

    def activities(self, limit: int = 20) -> Sequence[ScalingActivity]:
        """Return changes, newest first: those of the last six weeks, which is what Application Auto Scaling keeps."""
        sizes: dict[str, int] = {}
        made = [self._activity(told, sizes) for told in self._changes()]
        return made[::-1][:limit]

    def _endpoints(self, stage: str) -> Iterator[str]:
        prefix = names.stage_endpoints(self._account.project.name, stage)
        pages = self._account.client("sagemaker").get_paginator("list_endpoints").paginate(NameContains=prefix)
        for page in pages:
            for each in page["Endpoints"]:
                name = str(each["EndpointName"])
                if name.startswith(prefix) and name.removeprefix(prefix).isdigit():
                    yield name

    def _told(self, endpoint: str) -> Document:
        told: Document = self._account.client("sagemaker").describe_endpoint(EndpointName=endpoint)
        return told

    def _rules(self, endpoints: Sequence[str]) -> dict[str, Rule]:
        """Return endpoint -> its rule, for those that scale."""
        client, found = self._account.client("application-autoscaling"), {}
        for first in range(0, len(endpoints), AT_ONCE):
            resources = [_resource(each) for each in endpoints[first : first + AT_ONCE]]
            pages = client.get_paginator("describe_scalable_targets").paginate(
                ServiceNamespace=SERVICE, ResourceIds=resources, ScalableDimension=DIMENSION
            )
            for each in (each for page in pages for each in page["ScalableTargets"]):
                found[_endpoint(each["ResourceId"])] = Rule(
                    least=each["MinCapacity"],
                    most=each["MaxCapacity"],
                    target=self._target(client, each["ResourceId"]),
                    suspended=each.get("SuspendedState", {}).get("DynamicScalingOutSuspended", False),
                )
        return found

    def _target(self, client: Any, resource: str) -> float:
        pages = client.get_paginator("describe_scaling_policies").paginate(
            ServiceNamespace=SERVICE, ResourceId=resource, ScalableDimension=DIMENSION
        )
        policies = (each for page in pages for each in page["ScalingPolicies"])
        values = [each["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for each in policies]
        return min(values, default=0.0)

    def _loads(self, endpoints: Sequence[str]) -> dict[str, float]:
        """Return endpoint -> invocations of one instance in the newest minute that CloudWatch has."""
        end = self._now().replace(second=0, microsecond=0)
        measures = [
            Measure(
                namespace="AWS/SageMaker",
                name="InvocationsPerInstance",
                dimensions=(("EndpointName", each), ("VariantName", VARIANT)),
                statistic="Sum",
            )
            for each in endpoints
        ]
        values = measured(self._account.client("cloudwatch"), measures, end - SEEN, end) if measures else []
        return {name: each[-1][1] for name, each in zip(endpoints, values, strict=True) if each}

    def _view(self, stage: str, told: Document, rule: Rule | None, loads: Mapping[str, float]) -> ScalingView:
        variant: Document = next(iter(told.get("ProductionVariants", ())), {})
        instances, workers = variant.get("CurrentInstanceCount", 0), self._workers(stage)
        load = loads.get(told["EndpointName"])
        least, most = (rule.least, rule.most) if rule else (instances, instances)
        target = round(rule.target / workers) if rule and least < most else 0
        each = None if load is None else load / workers
        return ScalingView(
            endpoint=told["EndpointName"],
            stage=stage,
            instances=instances,
            workers=workers,
            least=least,
            most=most,
            target=target,
            load=each,
            sentence=_sentence(told["EndpointStatus"], rule, target, each),
        )

    def _workers(self, stage: str) -> int:
        """Return what an instance counts as; one worker a core is counted as one, as the stack's target is."""
        endpoint = self._account.project.endpoint
        settings: EndpointSettings = endpoint.prod if stage == "prod" else endpoint.dev
        return max(1, settings.workers)

    def _changes(self) -> list[Document]:
        """Return the project's changes of size, oldest first."""
        client, own = self._account.client("application-autoscaling"), f"endpoint/{self._account.project.name}-"
        pages = client.get_paginator("describe_scaling_activities").paginate(ServiceNamespace=SERVICE)
        found = [each for page in pages for each in page["ScalingActivities"] if each["ResourceId"].startswith(own)]
        newest_first = sorted(found, key=lambda each: each["StartTime"], reverse=True)  # as the service lists them
        return newest_first[::-1]

    def _activity(self, told: Document, sizes: dict[str, int]) -> ScalingActivity:
        """Return one change. sizes: endpoint -> instances before it, which the service does not tell; moved on."""
        endpoint, wanted = _endpoint(told["ResourceId"]), _COUNT.search(told["Description"])
        before = sizes.get(endpoint, max(1, self._account.project.endpoint.prod.scaling.min))
        after = int(wanted[1]) if wanted else before
        if told["StatusCode"] == "Successful":
            sizes[endpoint] = after
        return ScalingActivity(
            number=number_of(told["StartTime"], told["ActivityId"]),
            endpoint=endpoint,
            started=told["StartTime"],
            ended=told.get("EndTime"),
            before=before,
            after=after,
            status=STATUS.get(told["StatusCode"]) or told["StatusCode"],
            cause=told["Cause"],
            message=told.get("StatusMessage", ""),
        )


def _sentence(status: str, rule: Rule | None, target: int, load: float | None) -> str:
    """Return why an endpoint stays as it is."""
    if status != "InService":
        return f"the endpoint is {status}"
    if rule and rule.suspended:
        return "scaling is suspended"
    if load is None:
        return f"CloudWatch has no invocation of the last {SEEN // MINUTE} minutes"
    said = f"{load:.4g} invocations in the last minute and worker"
    return f"{said}, target {target}" if target else f"{said}; one size, nothing scales"


def _resource(endpoint: str) -> str:
    return f"endpoint/{endpoint}/variant/{VARIANT}"


def _endpoint(resource: str) -> str:
    return resource.split("/")[1]
