"""CloudFormation stacks of a project: how they stand, what they gave, what they are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain import names
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import NotApplied
from shipway.targets.aws.objects import code

READY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One stack as it is. status: CloudFormation's; reason: its words about it, perhaps "" ; changed: when last."""

    concern: str
    name: str
    status: str
    reason: str
    changed: datetime
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def moving(self) -> bool:
        """Whether it is being made, changed or deleted."""
        return self.status.endswith("_IN_PROGRESS")

    @property
    def ready(self) -> bool:
        """Whether what it describes is there."""
        return self.status in READY


class Stacks:
    """The stacks of one project by concern."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def _client(self) -> Any:
        return self._account.client("cloudformation")

    def name(self, concern: str) -> str:
        """Return a stack's name in the account."""
        return names.stack(self._account.project.name, concern)

    def find(self, concern: str) -> Standing | None:
        """Return one as it stands, None where there is none."""
        try:
            told = self._client.describe_stacks(StackName=self.name(concern))["Stacks"][0]
        except ClientError as error:
            if code(error) == "ValidationError" and "does not exist" in str(error):
                return None
            raise
        return Standing(
            concern=concern,
            name=told["StackName"],
            status=told["StackStatus"],
            reason=told.get("StackStatusReason", ""),
            changed=told.get("LastUpdatedTime", told["CreationTime"]),
            outputs={each["OutputKey"]: each["OutputValue"] for each in told.get("Outputs", ())},
            parameters={each["ParameterKey"]: each["ParameterValue"] for each in told.get("Parameters", ())},
        )

    def get(self, concern: str) -> Standing:
        """Return one as it stands. Raises NotApplied."""
        found = self.find(concern)
        if found is None:
            raise NotApplied(project=self._account.project.name, stack=self.name(concern))
        return found

    def all(self) -> Sequence[Standing]:
        """Return those that are there, in the order in which they are made."""
        return [found for concern in names.STACKS if (found := self.find(concern)) is not None]

    def resources(self, concern: str) -> dict[str, str]:
        """Return type -> the physical id of one of its resources of that type. Raises NotApplied."""
        return {each["ResourceType"]: each.get("PhysicalResourceId", "") for each in self.listed(concern)}

    def listed(self, concern: str) -> list[dict[str, Any]]:
        """Return what a stack is made of, as CloudFormation lists it. Raises NotApplied."""
        try:
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name(concern))
            return [each for page in pages for each in page["StackResourceSummaries"]]
        except ClientError as error:
            if code(error) == "ValidationError" and "does not exist" in str(error):
                raise NotApplied(project=self._account.project.name, stack=self.name(concern)) from error
            raise
