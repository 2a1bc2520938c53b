"""Every role against the calls that its component makes: all of them are allowed, and nothing is that nobody calls.

The calls come from the code (recorded in tests/aws/calls by running it), from the state machines' documents, from
CloudFormation's schemas (what it calls to make, read, change and remove each resource), and from callers.py (what a
service does by the role itself).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.ladder import callers
from tests.ladder.environment import ROOT
from tests.ladder.iam import Statement, allowed, policies
from tests.ladder.outcome import Outcome
from tests.ladder.rungs.schemas import held
from tests.ladder.workbench import Bench

from shipway.domain import names
from shipway.domain.workflow import document as training
from shipway.targets.aws.functions.catalogue import CREATE_RELEASE, FUNCTIONS, RECORD_LIVE, PlatformFunction
from shipway.targets.aws.resources.monitoring import document as monitoring
from shipway.targets.aws.resources.platform import logical

CALLS = ROOT / "tests" / "aws" / "calls"
BY_PIPELINE = ("workflow", "dev", "prod")
Call = tuple[str, str]  # action, resource
SERVICE: dict[str, Mapping[str, str]] = {  # role -> what its service does by it
    "roles.Jobs": callers.SAGEMAKER,
    "roles.Endpoint": {
        **callers.SAGEMAKER,
        "kms:CreateGrant": "SageMaker lets the disks of instances use the key; developer guide, key permissions",
    },
    "roles.Workflow": callers.STATES,
    "roles.Monitor": {**callers.STATES, "kms:Decrypt": callers.OBJECTS["kms:Decrypt"]},
    "roles.Schedule": {"states:StartExecution": "EventBridge Scheduler starts the monitoring workflow"},
    "roles.Function": {**callers.USER, **callers.NETWORK, **callers.LAMBDA},
    "roles.UserHook": {**callers.USER, **callers.HOOK, **callers.NETWORK, **callers.LAMBDA},
    "roles.PreTraffic": {**callers.OBJECTS, **callers.LAMBDA},
    "roles.PostTraffic": {**callers.OBJECTS, **callers.LAMBDA},
    "roles.Shift": callers.SHIFT,
    "pipeline.BuildRole": callers.BUILD,
    "pipeline.PipelineRole": callers.PIPELINE,
    "pipeline.TriggerRole": {"codepipeline:StartPipelineExecution": "EventBridge rules start the pipeline"},
    "pipeline.DeployRole": callers.DEPLOY,
    "network.FlowLogRole": {
        f"logs:{verb}": "the network writes refused connections; VPC user guide, flow logs"
        for verb in ("CreateLogStream", "DescribeLogStreams", "PutLogEvents")
    },
}
VOLUME = {**callers.NETWORK, "elasticfilesystem:ClientWrite": "share-artifacts writes to the shared volume"}


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return calls that a role may not make, and actions that nobody calls."""
    bench = next(each for each in benches if each.name == "tiny")  # the project of the recorded calls
    roles = {
        f"{stack}.{name}": policies(resource)
        for stack, made in bench.stacks.items()
        for name, resource in made.resources.items()
        if resource["Type"] == "AWS::IAM::Role" and "Policies" in resource["Properties"]
    }
    needed = dict(calls(bench, benches))
    problems = [
        f"{role} may not {action} on {resource}"
        for role, made in needed.items()
        for action, resource in sorted(made)
        if not _may(roles[role], action, resource)
    ]
    for role, policy in roles.items():
        wanted = {action.lower() for action, _ in needed.get(role, set())} | {each.lower() for each in known(role)}
        granted = {action for statement in policy for action in statement.actions}
        problems += [
            f"{role} may {action}, which nobody calls" for action in sorted(granted) if action.lower() not in wanted
        ]
    problems += [f"{role} is granted {action}" for role, action in wild(roles)]
    count = sum(len(made) for made in needed.values())
    return Outcome(f"{len(roles)} roles, {count} calls, {len(problems)} problems", problems)


def _may(policy: Sequence[Statement], action: str, resource: str) -> bool:
    context = {
        "iam:PassedToService": "*",
        "kms:GrantIsForAWSResource": "true",
        "cloudwatch:namespace": "aws/sagemaker/Endpoints/data-metrics",
    }
    if action == "iam:PassRole" and resource != "*":
        services = {service for each in policy for service in _services(each)}
        return any(allowed(policy, action, resource, context | {"iam:PassedToService": each}) for each in services)
    if resource == "*" and action == "iam:PassRole":
        return any(_names(statement, action) for statement in policy)
    if resource == "*" and not action.startswith("codepipeline:"):  # the call's own parameters name nothing
        return any(statement.effect == "Allow" and _names(statement, action) for statement in policy)
    return allowed(policy, action, resource, context)


def _services(statement: Statement) -> list[str]:
    found = statement.conditions.get("StringEquals", {}).get("iam:PassedToService", [])
    return found if isinstance(found, list) else [found]


def _names(statement: Statement, action: str) -> bool:
    return action.lower() in {each.lower() for each in statement.actions}


def role_of(function: PlatformFunction) -> str:
    """Return the role of a function, with the stack that makes it."""
    if function.release:
        return f"roles.{logical(function.purpose)}"
    return f"{'alarms' if function.webhooks else 'functions'}.{logical(function.purpose)}Role"


def known(role: str) -> Mapping[str, str]:
    """Return what a service does by the role, for roles of the functions stack by their function."""
    for each in FUNCTIONS:
        if role == role_of(each):
            answers = callers.ANSWERS if each.purpose in (CREATE_RELEASE, RECORD_LIVE) else {}
            queue = callers.QUEUE if each.webhooks else {}
            queue |= callers.ASIDE if each.by_event else {}
            return {**callers.LAMBDA, **callers.OBJECTS, **answers, **queue, **(VOLUME if each.volume else {})}
    return SERVICE[role]


def wild(roles: Mapping[str, Sequence[Statement]]) -> Iterator[tuple[str, str]]:
    """Yield wildcards in actions."""
    for role, policy in roles.items():
        yield from ((role, action) for each in policy for action in each.actions if "*" in action)


def calls(bench: Bench, benches: Sequence[Bench]) -> Iterator[tuple[str, set[Call]]]:
    """Yield role -> the calls that are made by it, as far as our own documents and code tell."""
    for each in FUNCTIONS:
        yield role_of(each), recorded(each.purpose)
    yield "roles.Workflow", set(asked(training(bench.project), bench, "jobs"))
    yield "roles.Jobs", set(answered(bench))
    yield "roles.Monitor", set(asked(monitoring(bench.project), bench, "monitor"))
    yield "pipeline.DeployRole", set(deployed(bench, benches))


def answered(bench: Bench) -> Iterator[Call]:
    """Yield what a batch's transform job reads and writes by the role of its model; targets/aws/batch.py."""
    project, place = bench.project, bench.place
    artifacts = f"arn:aws:s3:::{place.artifact_bucket(project)}"
    batch = names.batch_place(names.batch(project.name, 7))
    yield "s3:GetObject", f"arn:aws:s3:::{place.data_bucket(project)}/{project.data.prefix}rows.csv"
    yield "s3:GetObject", f"{artifacts}/runs/{project.name}-1/model/model.tar.gz"
    yield "s3:GetObject", f"{artifacts}/{batch}/input/rows.csv"
    yield from (("s3:PutObject", f"{artifacts}/{batch}/{folder}/rows.csv.out") for folder in ("raw", "output"))
    group = f"arn:aws:logs:{place.region}:{place.account}:log-group:/aws/sagemaker/TransformJobs"
    yield "logs:CreateLogGroup", group
    yield "logs:PutLogEvents", f"{group}:log-stream:{names.batch(project.name, 7)}/i-0123456789abcdef0"


def recorded(component: str) -> set[Call]:
    """Return the calls that the code was seen to make."""
    return {(each["action"], each["resource"]) for each in json.loads((CALLS / f"{component}.json").read_text())}


def asked(machine: Any, bench: Bench, kind: str) -> Iterator[Call]:
    """Yield what a state machine calls. kind: what its jobs' names are like: of runs, or of the monitor."""
    at = f"{bench.place.region}:{bench.place.account}"
    run = (
        f"{bench.project.name}-0f3c2e6a-9d0b-step-0"
        if kind == "jobs"
        else f"{bench.project.name}-monitor-2026030109-0f3c2e6a"
    )
    jobs = names.role(bench.project.name, bench.place.region, "jobs")
    for resource, parameters in tasks(machine):
        found = re.fullmatch(r"arn:aws:states:::(?:aws-sdk:)?(\w+):(\w+?)(\.sync)?", resource)
        assert found, resource
        service, operation = found[1], found[2][0].upper() + found[2][1:]
        if service == "lambda":
            yield "lambda:InvokeFunction", f"arn:aws:lambda:{at}:function:{parameters['FunctionName']}"
        elif service == "s3":
            bucket = (
                bench.place.capture_bucket(bench.project)
                if "${CaptureBucket}" in str(parameters)
                else bench.place.artifact_bucket(bench.project)
            )
            if operation == "ListObjectsV2":
                yield "s3:ListBucket", f"arn:aws:s3:::{bucket}"
            else:
                yield "s3:GetObject", f"arn:aws:s3:::{bucket}/monitor/{bench.project.name}-prod-7/analysis.json"
        elif service == "cloudwatch":
            yield f"cloudwatch:{operation}", "*"
        else:
            thing = {
                "CreateProcessingJob": "processing-job",
                "CreateTrainingJob": "training-job",
                "CreateModel": "model",
            }
            arn = f"arn:aws:sagemaker:{at}:{thing[operation]}/{run}"
            yield f"sagemaker:{operation}", arn
            yield "iam:PassRole", f"arn:aws:iam::{bench.place.account}:role/{jobs}"
            if found[3]:
                noun = operation.removeprefix("Create")
                yield from ((f"sagemaker:{verb}{noun}", arn) for verb in ("Describe", "Stop"))
                yield "sagemaker:AddTags", arn
                rule = f"arn:aws:events:{at}:rule/StepFunctionsGetEventsForSageMaker{noun}sRule"
                yield from ((f"events:{verb}", rule) for verb in ("DescribeRule", "PutRule", "PutTargets"))


def tasks(machine: Any) -> Iterator[tuple[str, Any]]:
    """Yield (resource, parameters) of every task in a machine, branches and all."""
    for state in machine["States"].values():
        if state["Type"] == "Task":
            yield state["Resource"], state.get("Parameters", state.get("Arguments", {}))
        for branch in (*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])):
            yield from tasks(branch)


def deployed(bench: Bench, benches: Sequence[Bench]) -> Iterator[Call]:
    """Yield what CloudFormation calls to make, read, change and remove the resources that the pipeline deploys."""
    types = {kind for name in BY_PIPELINE for kind in bench.stacks[name].kinds.values()}
    handlers = {kind: verbs for each in benches for kind, verbs in held(each)["handlers"].items()}
    for kind in sorted(types & set(handlers)):
        for actions in handlers[kind].values():
            yield from ((action, "*") for action in actions if action not in callers.UNUSED)
