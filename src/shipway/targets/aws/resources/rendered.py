"""What AWS does not take of documents as they are rendered: sizes and counts that no key decides alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from shipway.domain.project import Problem
from shipway.domain.values import canonical
from shipway.targets.aws.stack_document import read, resources

TEMPLATE_BYTES = 1_000_000  # CloudFormation quotas: template body in an S3 object, 1 MB
STACK_RESOURCES = 500  # CloudFormation quotas
STACK_PARAMETERS = 200  # CloudFormation quotas; outputs have the same
EVENT_PATTERN = 4096  # model: events EventPattern
MANY = "monitoring.features"  # features, and alarms on them, are what makes documents long
FEWER = "watch fewer features, or write fewer alarms"


def problems(documents: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is too large in documents by their paths; only stacks have limits of this kind."""
    for path, text in documents.items():
        if path.startswith("stacks/"):
            yield from _stack(path, text)


def _stack(path: str, text: str) -> Iterator[Problem]:
    template: Mapping[str, Any] = read(text)
    measured = (
        ("bytes", len(text.encode()), TEMPLATE_BYTES),
        ("resources", len(template.get("Resources", {})), STACK_RESOURCES),
        ("parameters", len(template.get("Parameters", {})), STACK_PARAMETERS),
        ("outputs", len(template.get("Outputs", {})), STACK_PARAMETERS),
    )
    for what, found, most in measured:
        if found > most:
            problem = f"{path} has {found} {what}, CloudFormation takes {most}"
            yield Problem(path=MANY, problem=problem, remedy=FEWER)
    for name, resource in resources(template).items():
        properties: Any = resource.get("Properties", {})
        found = len(canonical(properties.get("EventPattern", {})))
        if resource["Type"] == "AWS::Events::Rule" and found > EVENT_PATTERN:
            problem = f"the event pattern of {name} has {found} characters, EventBridge takes {EVENT_PATTERN}"
            yield Problem(path=MANY, problem=problem, remedy=FEWER)
