"""Endpoints of the account in memory, and how they scale: what the target in memory has, as its services tell it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws.account import NUMBER, REGION, Account, Refusal
from fakes import FakeTarget
from shipway.ports.scaling import ScalingView

Asked = dict[str, Any]
SERVICE = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
ROLE = f"arn:aws:iam::{NUMBER}:role/scaling"


@dataclass
class Serving:
    """fake: whose endpoints they are. status: of all of them."""

    fake: FakeTarget
    status: str = "InService"

    def into(self, account: Account) -> "Serving":
        """Serve endpoints and autoscaling in an account."""
        account.serves |= {
            "sagemaker.ListEndpoints": self._list,
            "sagemaker.DescribeEndpoint": self._endpoint,
            "application-autoscaling.DescribeScalableTargets": self._targets,
            "application-autoscaling.DescribeScalingPolicies": self._policies,
            "application-autoscaling.DescribeScalingActivities": self._activities,
        }
        return self

    def _list(self, asked: Asked) -> Asked:
        found = [each.endpoint for each in self.fake.scaling.state() if asked["NameContains"] in each.endpoint]
        return {"Endpoints": [self._told(name) for name in [*found, f"other-{asked['NameContains']}1"]]}

    def _told(self, name: str) -> Asked:
        arn = f"arn:aws:sagemaker:{REGION}:{NUMBER}:endpoint/{name}"
        times = {"CreationTime": self.fake.now, "LastModifiedTime": self.fake.now}
        return {"EndpointName": name, "EndpointArn": arn, "EndpointStatus": self.status, **times}

    def _endpoint(self, asked: Asked) -> Asked:
        found = self._find(asked["EndpointName"])
        variant = {"VariantName": "AllTraffic", "CurrentInstanceCount": found.instances}
        return self._told(found.endpoint) | {"EndpointConfigName": found.endpoint, "ProductionVariants": [variant]}

    def _find(self, name: str) -> ScalingView:
        found = next((each for each in self.fake.scaling.state() if each.endpoint == name), None)
        if found is None:
            raise Refusal("ValidationException", f"Could not find endpoint {name}")
        return found

    def _targets(self, asked: Asked) -> Asked:
        return {
            "ScalableTargets": [
                {
                    **SERVICE,
                    "ResourceId": resource,
                    "MinCapacity": each.least,
                    "MaxCapacity": each.most,
                    "RoleARN": ROLE,
                    "CreationTime": self.fake.now,
                }
                for resource, each in self._scaling(asked["ResourceIds"])
            ]
        }

    def _scaling(self, resources: list[str]) -> Iterator[tuple[str, ScalingView]]:
        for each in self.fake.scaling.state():
            resource = f"endpoint/{each.endpoint}/variant/AllTraffic"
            if resource in resources:
                yield resource, each

    def _policies(self, asked: Asked) -> Asked:
        return {
            "ScalingPolicies": [
                {
                    **SERVICE,
                    "PolicyARN": f"arn:aws:autoscaling:{REGION}:{NUMBER}:scalingPolicy:1",
                    "PolicyName": f"{each.endpoint}-requests",
                    "ResourceId": resource,
                    "PolicyType": "TargetTrackingScaling",
                    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": float(each.target * each.workers)},
                    "CreationTime": self.fake.now,
                }
                for resource, each in self._scaling([asked["ResourceId"]])
            ]
        }

    def _activities(self, asked: Asked) -> Asked:
        if "ScalableDimension" in asked and "ResourceId" not in asked:
            raise Refusal("ValidationException", "a scalable dimension needs a resource id")
        return {
            "ScalingActivities": [
                {
                    **SERVICE,
                    "ActivityId": str(each.number),
                    "ResourceId": f"endpoint/{each.endpoint}/variant/AllTraffic",
                    "Description": f"Setting desired instance count to {each.after}.",
                    "Cause": each.cause,
                    "StartTime": each.started,
                    "EndTime": each.ended,
                    "StatusCode": each.status,
                    "StatusMessage": each.message,
                }
                for each in self.fake.scaling.activities()
            ]
        }
