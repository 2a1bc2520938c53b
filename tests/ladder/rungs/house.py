"""What the linters do not see: principals, providers of pipeline actions and their settings, machines inside texts."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import botocore.session
from tests.ladder.outcome import Outcome
from tests.ladder.workbench import Bench

from shipway.domain.asl import DocumentInvalid, load
from shipway.targets.local.jsonata import evaluator

PRINCIPALS = {
    *("apigateway", "cloudformation", "cloudwatch", "codebuild", "codedeploy", "codepipeline", "events", "lambda"),
    *("logging.s3", "sagemaker", "scheduler", "states", "vpc-flow-logs"),
}
# Provider -> the settings without which an action does nothing. Source: CodePipeline user guide, action reference.
PROVIDERS: dict[tuple[str, str], set[str]] = {
    ("Source", "CodeStarSourceConnection"): {"ConnectionArn", "FullRepositoryId", "BranchName"},
    ("Source", "CodeCommit"): {"RepositoryName", "BranchName"},
    ("Source", "S3"): {"S3Bucket", "S3ObjectKey"},
    ("Build", "CodeBuild"): {"ProjectName"},
    ("Deploy", "CloudFormation"): {"ActionMode", "StackName"},
    ("Invoke", "StepFunctions"): {"StateMachineArn"},
    ("Invoke", "Lambda"): {"FunctionName"},
    ("Approval", "Manual"): set(),
}
LONGEST_SETTING = 1000  # characters; model: codepipeline ActionConfigurationValue


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return the findings of the house's own rules."""
    found = [
        f"{bench.name}: {stack}: {each}"
        for bench in benches
        for stack, document in bench.documents.items()
        for each in rules(document)
    ]
    return Outcome(f"{len(benches)} projects, {len(found)} findings of rules of our own", found)


def rules(document: Any) -> Iterator[str]:
    """Yield what is wrong with one parsed template."""
    for name, resource in document["Resources"].items():
        properties = resource.get("Properties", {})
        trust = properties.get("AssumeRolePolicyDocument")
        if trust:
            yield from (f"{name}: {each}" for each in _principals(trust))
        if resource["Type"] == "AWS::CodePipeline::Pipeline":
            yield from (f"{name}: {each}" for each in _actions(properties["Stages"]))
        if resource["Type"] == "AWS::CodeBuild::Project":
            kind = properties["Environment"]["ComputeType"]
            yield from [] if kind in compute_types() else [f"{name}: CodeBuild has no computer of type {kind}"]
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            yield from (f"{name}: {each}" for each in _machine(properties.get("DefinitionString")))


@cache
def compute_types() -> list[str]:
    """Return what CodeBuild's own model lists; CloudFormation's schema takes any text."""
    shape = botocore.session.get_session().get_service_model("codebuild").shape_for("ComputeType")
    found: list[str] = shape.enum
    return found


def _principals(trust: Any) -> Iterator[str]:
    for statement in trust["Statement"]:
        services = statement["Principal"].get("Service", [])
        for service in services if isinstance(services, list) else [services]:
            if str(service).removesuffix(".amazonaws.com") not in PRINCIPALS:
                yield f"no service is called {service}"


def _actions(stages: Any) -> Iterator[str]:
    for action in _found(stages, "ActionTypeId"):
        kind = action["ActionTypeId"]
        wanted = PROVIDERS.get((kind["Category"], kind["Provider"]))
        if wanted is None:
            yield f"action {action['Name']}: no provider {kind['Provider']} of {kind['Category']}"
            continue
        settings = action.get("Configuration") or {}
        if wanted - set(settings):
            yield f"action {action['Name']} does not say {', '.join(sorted(wanted - set(settings)))}"
        for key, value in settings.items():
            text = value.get("Fn::Sub", "") if isinstance(value, dict) else str(value)
            if isinstance(text, str) and len(text) > LONGEST_SETTING:
                yield f"action {action['Name']}: {key} has {len(text)} characters"


def _found(value: Any, key: str) -> Iterator[Any]:
    """Yield every mapping that has a key, at any depth."""
    if isinstance(value, dict):
        if key in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _found(each, key)


def _machine(text: Any) -> Iterator[str]:
    if not isinstance(text, str):
        yield "the state machine has no definition"
        return
    try:
        load(json.loads(re.sub(r"\$\{\w+\}", "x", text)), jsonata=evaluator())
    except (ValueError, DocumentInvalid) as problem:
        yield f"the state machine: {problem}"
