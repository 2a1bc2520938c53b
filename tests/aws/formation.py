"""CloudFormation of the account in memory: change sets, stacks that settle after a look, events, and failures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aws.account import NUMBER, REGION, Account, Refusal
from shipway.targets.aws.stack_document import read, resources

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
Asked = dict[str, Any]


@dataclass
class Stack:
    """One stack. moving: what it becomes at the next look; events: newest first."""

    name: str
    status: str
    template: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    events: list[Asked] = field(default_factory=list)
    becomes: str = ""


@dataclass
class Formation:
    """stacks: by name. fails: stack -> (resource, reason) of its next change. gives: stack -> its outputs.

    order: what was executed and deleted, in order. at_once: whether a stack is gone as soon as it is deleted.
    """

    stacks: dict[str, Stack] = field(default_factory=dict)
    fails: dict[str, tuple[str, str]] = field(default_factory=dict)
    gives: dict[str, dict[str, str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    pending: dict[str, Asked] = field(default_factory=dict)
    events: int = 0
    at_once: bool = False

    def into(self, account: Account) -> "Formation":
        """Serve CloudFormation in an account."""
        account.serves |= {
            "cloudformation.DescribeStacks": self._describe,
            "cloudformation.CreateChangeSet": self._propose,
            "cloudformation.DescribeChangeSet": self._proposal,
            "cloudformation.DeleteChangeSet": self._withdraw,
            "cloudformation.ExecuteChangeSet": self._execute,
            "cloudformation.DescribeStackEvents": self._history,
            "cloudformation.DeleteStack": self._delete,
            "cloudformation.ListStackResources": self._resources,
            "cloudformation.GetTemplate": self._template,
        }
        return self

    def _find(self, name: str) -> Stack:
        name = name.rpartition("stack/")[2].partition("/")[0] if name.startswith("arn:") else name
        if name not in self.stacks:
            raise Refusal("ValidationError", f"Stack with id {name} does not exist")
        return self.stacks[name]

    def _describe(self, asked: Asked) -> Asked:
        stack = self._find(asked["StackName"])
        told = {
            "StackName": stack.name,
            "StackId": f"arn:aws:cloudformation:{REGION}:{NUMBER}:stack/{stack.name}/1",
            "StackStatus": stack.status,
            "CreationTime": BEGIN,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in stack.outputs.items()],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in stack.parameters.items()],
        }
        if stack.becomes:  # settled at the next look
            stack.status, stack.becomes = stack.becomes, ""
            if stack.status == "GONE":
                del self.stacks[stack.name]
        return {"Stacks": [told]}

    def _propose(self, asked: Asked) -> Asked:
        name = asked["StackName"]
        if asked["ChangeSetType"] == "CREATE":
            self.stacks[name] = Stack(name, "REVIEW_IN_PROGRESS")
        self.pending[name] = asked
        return {"Id": f"arn:aws:cloudformation:{REGION}:{NUMBER}:changeSet/{asked['ChangeSetName']}/1"}

    def _proposal(self, asked: Asked) -> Asked:
        stack, proposed = self._find(asked["StackName"]), self.pending[asked["StackName"]]
        same = (proposed.get("TemplateBody"), _values(proposed)) == (stack.template, stack.parameters)
        if same:
            return {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."}
        return {"Status": "CREATE_COMPLETE"}

    def _withdraw(self, asked: Asked) -> Asked:
        self._find(asked["StackName"])
        self.pending.pop(asked["StackName"], None)
        return {}

    def _execute(self, asked: Asked) -> Asked:
        stack, proposed = self._find(asked["StackName"]), self.pending.pop(asked["StackName"])
        new = stack.status == "REVIEW_IN_PROGRESS"
        verb = "CREATE" if new else "UPDATE"
        self.order.append(stack.name)
        stack.status = f"{verb}_IN_PROGRESS"
        if stack.name in self.fails:
            resource, reason = self.fails.pop(stack.name)
            self._event(stack, resource, f"{verb}_FAILED", reason)
            self._event(stack, "Other", f"{verb}_FAILED", "Resource creation cancelled")
            stack.becomes = "ROLLBACK_COMPLETE" if new else "UPDATE_ROLLBACK_COMPLETE"
            return {}
        stack.template, stack.parameters = proposed.get("TemplateBody", ""), _values(proposed)
        stack.outputs = self.gives.get(stack.name, {})
        self._event(stack, stack.name, f"{verb}_COMPLETE", "")
        stack.becomes = f"{verb}_COMPLETE"
        return {}

    def _delete(self, asked: Asked) -> Asked:
        stack = self._find(asked["StackName"])
        self.order.append(f"-{stack.name}")
        stack.status = "DELETE_IN_PROGRESS"
        if stack.name in self.fails:
            self._event(stack, *_failing("DELETE_FAILED", self.fails.pop(stack.name)))
            stack.becomes = "DELETE_FAILED"
        elif self.at_once:
            del self.stacks[stack.name]
        else:
            stack.becomes = "GONE"
        return {}

    def _event(self, stack: Stack, resource: str, status: str, reason: str) -> None:
        self.events += 1
        event = {
            "StackId": stack.name,
            "EventId": str(self.events),
            "StackName": stack.name,
            "LogicalResourceId": resource,
            "ResourceType": "AWS::Made::Up",
            "Timestamp": BEGIN + timedelta(seconds=self.events),
            "ResourceStatus": status,
        }
        stack.events.insert(0, event | ({"ResourceStatusReason": reason} if reason else {}))

    def _history(self, asked: Asked) -> Asked:
        return {"StackEvents": list(self._find(asked["StackName"]).events)}

    def _resources(self, asked: Asked) -> Asked:
        stack = self._find(asked["StackName"])
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": name,
                    "PhysicalResourceId": _given(stack, each) or f"{stack.name}-{name}".lower(),
                    "ResourceType": str(each["Type"]),
                    "LastUpdatedTimestamp": BEGIN,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for name, each in resources(read(stack.template)).items()
            ]
        }

    def _template(self, asked: Asked) -> Asked:
        return {"TemplateBody": self._find(asked["StackName"]).template}


def _given(stack: Stack, resource: Mapping[str, Any]) -> str:
    """Return the name that a template gives to an alarm, which CloudFormation knows it by; "" for anything else."""
    name = resource.get("Properties", {}).get("AlarmName", "")
    text = name["Fn::Sub"] if isinstance(name, dict) else name
    return str(text).replace("${Project}", stack.parameters.get("Project", ""))


def _failing(status: str, why: tuple[str, str]) -> tuple[str, str, str]:
    resource, reason = why
    return resource, status, reason


def _values(asked: Mapping[str, Any]) -> dict[str, str]:
    return {each["ParameterKey"]: each["ParameterValue"] for each in asked["Parameters"]}
