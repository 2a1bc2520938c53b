"""One stack made or changed through a change set, followed event by event until it has settled."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain.errors import ShipwayError
from shipway.domain.values import canonical
from shipway.targets.aws.account import Account
from shipway.targets.aws.objects import code
from shipway.targets.aws.stack import Stacks

PAUSE = 3.0  # seconds between two looks
BODY_LIMIT = 51_200  # bytes of a template that goes with the request itself
NOTHING = ("didn't contain changes", "No updates are to be performed")
NEVER_WAS = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS")
FOLLOWERS = ("Resource creation cancelled", "Resource update cancelled", "The following resource(s) failed")
CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
Say = Callable[[str], None]


class StackFailed(ShipwayError):
    """CloudFormation could not do it, and has taken back what it had done."""

    message = "stack {stack}: {resource} failed: {reason}"
    hint = "{remedy}"
    exit_code = 3
    status = 502


class StackBusy(ShipwayError):
    """Somebody else changes the stack at this moment."""

    message = "stack {stack} is {state}: somebody else changes it"
    hint = "wait until it has settled, then once more"
    exit_code = 5
    status = 409


class Changes:
    """Makes, changes and deletes stacks of one project."""

    def __init__(self, account: Account, stacks: Stacks, pause: Callable[[float], None] = time.sleep) -> None:
        self._account = account
        self._stacks = stacks
        self._pause = pause

    @property
    def _client(self) -> Any:
        return self._account.client("cloudformation")

    def apply(self, concern: str, template: Mapping[str, str], parameters: Mapping[str, str], say: Say) -> str:
        """Return "created", "updated" or "unchanged" once the stack has settled.

        template: {"TemplateBody": text} or {"TemplateURL": address}. Raises StackFailed, StackBusy.
        """
        name = self._stacks.name(concern)
        new = self._ready(concern, say)
        identity = hashlib.sha256(canonical([dict(template), dict(parameters)]).encode()).hexdigest()[:16]
        change = f"shipway-{identity}"
        self._forget(name, change)
        self._client.create_change_set(
            StackName=name,
            ChangeSetName=change,
            ChangeSetType="CREATE" if new else "UPDATE",
            Capabilities=CAPABILITIES,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Tags=[{"Key": "shipway:project", "Value": self._account.project.name}],
            **template,
        )
        if not self._prepared(name, change):
            self._forget(name, change)
            return "unchanged"
        begun, identity = self._newest(name), self._identity(concern)
        self._client.execute_change_set(StackName=name, ChangeSetName=change)
        self._follow(concern, identity, begun, say)
        return "created" if new else "updated"

    def delete(self, concern: str, say: Say) -> bool:
        """Return whether there was a stack to delete, once it is gone. Raises StackFailed, StackBusy."""
        found = self._stacks.find(concern)
        if found is None:
            return False
        if found.moving and found.status != "DELETE_IN_PROGRESS":
            raise StackBusy(stack=found.name, state=found.status)
        begun, identity = self._newest(found.name), self._identity(concern)
        self._client.delete_stack(StackName=found.name)
        self._follow(concern, identity, begun, say)
        return True

    def _ready(self, concern: str, say: Say) -> bool:
        """Return whether the stack is a new one, after removing what a failed creation has left of it."""
        found = self._stacks.find(concern)
        if found is None or found.status == "REVIEW_IN_PROGRESS":
            return True
        if found.status in NEVER_WAS:
            say(f"{found.name} never was whole ({found.status}): removing what is left of it")
            self.delete(concern, say)
            return True
        if found.moving:
            raise StackBusy(stack=found.name, state=found.status)
        return False

    def _prepared(self, name: str, change: str) -> bool:
        """Return whether a change set has anything to do, once CloudFormation has worked it out."""
        while True:
            told = self._client.describe_change_set(StackName=name, ChangeSetName=change)
            if told["Status"] == "CREATE_COMPLETE":
                return True
            reason = str(told.get("StatusReason", ""))
            if told["Status"] == "FAILED":
                if any(words in reason for words in NOTHING):
                    return False
                raise StackFailed(stack=name, resource="the change set", reason=reason, remedy=remedy(reason))
            self._pause(PAUSE)

    def _follow(self, concern: str, identity: str, begun: datetime | None, say: Say) -> None:
        """Tell what happens until the stack has settled. Raises StackFailed with the first cause."""
        seen: set[str] = set()
        cause: dict[str, Any] | None = None
        while True:
            over = self._settled(identity)
            for event in self._events(identity, begun, seen):
                say(sentence(event))
                cause = cause or (event if failed(event) else None)
            if over:
                break
            self._pause(PAUSE)
        if cause is not None or over not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"):
            raise self._failure(concern, cause, over)

    def _failure(self, concern: str, cause: dict[str, Any] | None, state: str) -> StackFailed:
        reason = str(cause.get("ResourceStatusReason", "")) if cause else f"it ended as {state}"
        resource = f"{cause['LogicalResourceId']} ({cause['ResourceType']})" if cause else "it"
        return StackFailed(
            stack=self._stacks.name(concern), resource=resource, reason=" ".join(reason.split()), remedy=remedy(reason)
        )

    def _identity(self, concern: str) -> str:
        """Return the stack's ARN: by its name a deleted stack is found no more."""
        told = self._client.describe_stacks(StackName=self._stacks.name(concern))["Stacks"][0]
        return str(told.get("StackId", told["StackName"]))

    def _settled(self, identity: str) -> str:
        """Return the state that a stack has come to, "" while it moves."""
        try:
            status = str(self._client.describe_stacks(StackName=identity)["Stacks"][0]["StackStatus"])
        except ClientError as error:
            if code(error) == "ValidationError":
                return "DELETE_COMPLETE"
            raise
        return "" if status.endswith("_IN_PROGRESS") else status

    def _events(self, identity: str, begun: datetime | None, seen: set[str]) -> Sequence[dict[str, Any]]:
        """Return the events that are new, oldest first."""
        found = []
        try:
            pages = self._client.get_paginator("describe_stack_events").paginate(StackName=identity)
            for page in pages:
                fresh = [each for each in page["StackEvents"] if begun is None or each["Timestamp"] > begun]
                found += [each for each in fresh if each["EventId"] not in seen]
                if len(fresh) < len(page["StackEvents"]):
                    break
        except ClientError as error:
            if code(error) != "ValidationError":
                raise
        seen |= {each["EventId"] for each in found}
        return found[::-1]

    def _newest(self, name: str) -> datetime | None:
        try:
            events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        except ClientError as error:
            if code(error) == "ValidationError":
                return None
            raise
        return events[0]["Timestamp"] if events else None

    def _forget(self, name: str, change: str) -> None:
        try:
            self._client.delete_change_set(StackName=name, ChangeSetName=change)
        except ClientError as error:
            if code(error) not in ("ChangeSetNotFound", "ValidationError"):
                raise


def sentence(event: Mapping[str, Any]) -> str:
    """Return an event as a line of progress."""
    status = str(event["ResourceStatus"]).lower().replace("_", " ")
    why = f": {event['ResourceStatusReason']}" if failed(event) else ""
    return f"{event['StackName']} {event['LogicalResourceId']} {status}{why}"


def failed(event: Mapping[str, Any]) -> bool:
    """Return whether an event is a cause: a failure that is not the consequence of another one."""
    reason = str(event.get("ResourceStatusReason", ""))
    return str(event["ResourceStatus"]).endswith("_FAILED") and not reason.startswith(FOLLOWERS)


def remedy(reason: str) -> str:
    """Return what to do about a reason that CloudFormation gives."""
    known = (
        (("not authorized", "AccessDenied"), "give the role the permission that it names, then: shipway apply"),
        (("already exists",), "something of this name is there already, outside the stack: rename or delete it"),
        (("limit", "quota", "Quota"), "ask for a higher quota in Service Quotas, then: shipway apply"),
        (("not empty",), "empty it: shipway destroy does so, versions included"),
    )
    found = [what for words, what in known if any(word in reason for word in words)]
    return found[0] if found else "mend what it says, then: shipway apply; nothing of the failed change is left"
