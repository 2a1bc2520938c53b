"""The ladder itself: documents are broken in one place each, and some rung must see it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ladder.environment import inside
from tests.ladder.outcome import Outcome
from tests.ladder.resolve import Stack
from tests.ladder.rungs import asl, house, lint, parliament, schemas
from tests.ladder.workbench import Bench

from shipway.domain import names


@dataclass(frozen=True)
class Mutant:
    """One mistake. file: of a project's documents; old: a text in it, the first of which becomes new."""

    what: str
    file: str
    old: str
    new: str


def _stack(name: str, *rows: tuple[str, str, str]) -> tuple[Mutant, ...]:
    return tuple(Mutant(what, f"stacks/{name}.yml", old, new) for what, old, new in rows)


def _training(*rows: tuple[str, str, str]) -> tuple[Mutant, ...]:
    return tuple(Mutant(what, "training.asl.json", old, new) for what, old, new in rows)


MUTANTS = (
    *_stack(
        "foundation",
        ("a resource of no type", "AWS::KMS::Alias", "AWS::KMS::Nickname"),
        ("a property of no such name", "EnableKeyRotation: true", "RotateKey: true"),
        ("a reference to nothing", "TargetKeyId: !Ref Key", "TargetKeyId: !Ref Lock"),
        ("an algorithm of no such name", "SSEAlgorithm: AES256", "SSEAlgorithm: AES1024"),
        ("a condition of no such name", "Condition: MakesDataBucket", "Condition: MakesBucket"),
    ),
    *_stack(
        "network",
        ("an address range that is none", "CidrIp: 0.0.0.0/0", "CidrIp: 0.0.0.0/40"),
        ("an attribute that is not there", "NatAddressA.AllocationId", "NatAddressA.Allocation"),
        ("a function of no such name", "!Cidr [!Ref Network, 4, 8]", "!Range [!Ref Network, 4, 8]"),
        ("a parameter that nobody uses", "NatGateways:\n", "Unused:\n    Type: String\n  NatGateways:\n"),
    ),
    *_stack(
        "roles",
        ("an action of no such name", "sagemaker:InvokeEndpoint", "sagemaker:CallEndpoint"),
        ("an action on a resource that it never has", "states:StartExecution", "states:StopExecution"),
        ("a service of no such name", "Service: scheduler.amazonaws.com", "Service: schedules.amazonaws.com"),
        ("an effect of no such name", "Effect: Allow", "Effect: Permit"),
        (
            "a name that is too long",
            "${AWS::Region}-endpoint",
            "${AWS::Region}-endpoint-of-a-model-that-answers-people-all-day",
        ),
        ("a condition on a key that is none", "kms:GrantIsForAWSResource", "kms:GrantIsForAws"),
    ),
    *_stack(
        "pipeline",
        ("a provider of no such name", "Provider: CodeBuild,", "Provider: CodeBuilder,"),
        ("a provider of no such name for a source", "Provider: CodeStarSourceConnection", "Provider: GitHubConnection"),
        ("an action without settings", "ProjectName: !Ref Build", "EnvironmentVariables: '[]'"),
        ("an artifact that nobody makes", "InputArtifacts: [{Name: Files}]", "InputArtifacts: [{Name: Source}]"),
        ("a stage type of no such name", "PipelineType: V2", "PipelineType: V3"),
        ("a compute type of no such name", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_HUGE"),
        ("a default that its own rule forbids", "Default: ENABLED", "Default: ON"),
    ),
    *_stack(
        "dev",
        ("a time that is out of range", "MinValue: 60", "MinValue: sixty"),
        (
            "a required property that is missing",
            "          InitialVariantWeight: 1\n          ContainerStartup",
            "          Startup",
        ),
        ("a circle", 'ModelName: !Sub "${Project}-dev-${Release}"', "ModelName: !GetAtt Endpoint.EndpointName"),
    ),
    *_stack(
        "alarms",
        ("a period that no alarm has", "Period: 3600", "Period: 45"),
        ("a statistic of no such name", "Statistic: Maximum", "Statistic: Largest"),
        ("a comparison of no such name", "GreaterThanThreshold", "MoreThanThreshold"),
    ),
    *_stack(
        "functions",
        ("a runtime of no such name", "python3.13", "python3.31"),
        ("a runtime that has ended", "python3.13", "python3.7"),
        ("a time limit that is too long", "Timeout: 600", "Timeout: 6000"),
    ),
    *_stack(
        "workflow",
        ("a machine that is no JSON", 'DefinitionString: "{', 'DefinitionString: "{{'),
        ("a machine that begins nowhere", '\\"StartAt\\":\\"Name the run\\"', '\\"StartAt\\":\\"Begin\\"'),
    ),
    *_training(
        ("a way to nowhere", '"Next": "Evaluate"', '"Next": "Measure"'),
        ("a catch to nowhere", '"Next": "Record failure"', '"Next": "Note failure"'),
        ("a misspelt service action", "sagemaker:createTrainingJob.sync", "sagemaker:createTraningJob.sync"),
        ("a parameter that the service does not know", '"AlgorithmSpecification"', '"Algorithm"'),
        ("a parameter of the wrong type", '"InstanceCount": 1', '"InstanceCount": "one"'),
        ("an instance type of no such name", '"InstanceType": "ml.m5.large"', '"InstanceType": "ml.m5.tiny"'),
        ("a state type of no such name", '"Type": "Parallel"', '"Type": "Concurrent"'),
        ("a state that never ends", '"End": true', '"Comment": "on and on"'),
        ("a path that is none", '"ResultPath": "$.Training"', '"ResultPath": "Training"'),
        ("a retry without errors", '"ErrorEquals": [', '"Errors": ['),
    ),
)


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return the mutants that nothing caught."""
    bench = benches[0]
    folder = Path(f"{bench.folder}-mutants")
    texts = {index: _mutated(bench, mutant) for index, mutant in enumerate(MUTANTS)}
    stale = [MUTANTS[index].what for index, text in texts.items() if text is None]
    files = {index: _written(folder, index, text) for index, text in texts.items() if text is not None}
    caught: set[int] = set()
    templates = {index: file for index, file in files.items() if file.suffix == ".yml"}
    found = lint.findings([str(file) for file in templates.values()])
    caught |= {index for index, file in templates.items() if any(str(file) in each for each in found)}
    caught |= {index for index, file in files.items() if file.suffix == ".json" and asl.problems_of(file)}
    left = {index: file for index, file in templates.items() if index not in caught}
    caught |= _deeper(bench, folder, left)
    missed = [f"nothing saw {MUTANTS[index].what} ({MUTANTS[index].file})" for index in files if index not in caught]
    problems = [f"not to be made any more: {what}" for what in stale] + missed
    return Outcome(f"{len(caught)} of {len(MUTANTS)} mistakes seen, {len(found)} findings by cfn-lint", problems)


def _mutated(bench: Bench, mutant: Mutant) -> str | None:
    text = bench.texts[mutant.file]
    return text.replace(mutant.old, mutant.new, 1) if mutant.old in text else None


def _written(folder: Path, index: int, text: str) -> Path:
    mutant = MUTANTS[index]
    name = Path(mutant.file)
    file = folder / f"{index}" / ("stacks" if name.suffix == ".yml" else ".") / name.name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _deeper(bench: Bench, folder: Path, left: dict[int, Path]) -> set[int]:
    """Return those that cfn-lint let pass and another rung sees: our own rules, schemas, parliament."""
    caught = set()
    for index, file in left.items():
        inside("lint", "load", str(folder / str(index)))
        document = json.loads((folder / str(index) / "parsed" / f"{file.stem}.json").read_text())
        if list(house.rules(document)) or _seen(bench, folder / str(index), file.stem, document):
            caught.add(index)
    return caught


def _seen(bench: Bench, folder: Path, stack: str, document: Any) -> bool:
    documents = {**bench.documents, stack: document}
    broken = Broken(bench, folder, documents)
    return bool(schemas.told(broken.stacks, folder)["problems"] or parliament.findings(broken.stacks, folder))


class Broken:
    """A bench's stacks with one of them broken; only that one is looked at."""

    def __init__(self, bench: Bench, folder: Path, documents: dict[str, Any]) -> None:
        values = {key: value for stack in bench.stacks.values() for key, value in stack.outputs.items()}
        self.folder = folder
        self.stacks = {
            name: Stack(
                names.stack(bench.project.name, name), each, {**values, **bench.given[name]}, bench.place.region
            )
            for name, each in documents.items()
            if each is not bench.documents.get(name)
        }
