"""Faults in CloudFormation and SAM templates, with their short tags; JSON is read too, being YAML."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from shipway.domain.finding import FaultRule, Finding

DRIFT = "feature_baseline_drift_"
SLOW = 120  # seconds that an alarm may take to see anything at the earliest
RETIRED = re.compile(r"python(2\.7|3\.[0-9])|nodejs(\d|1\d)?(\.\d+|\.x)|dotnetcore.*|go1\.x|ruby2\.\d|java8")
OLD_IMAGE = re.compile(r"aws/codebuild/(?:standard:[1-6]\.0|amazonlinux2-x86_64-standard:[1-4]\.0)")
COMMENTED = re.compile(
    r"^\s*#+\s*(?:-\s*)?(?:Type:\s*['\"]?AWS::(?:Events|SNS|CloudWatch)::\w+|TopicArn:|Protocol:|EventPattern:)"
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template. properties: by name, as nodes that know their lines."""

    name: str
    kind: str
    line: int
    properties: Mapping[str, yaml.Node]

    def text(self, name: str) -> str:
        """Return a property that is a plain value, "" for anything else."""
        node = self.properties.get(name)
        plain = isinstance(node, yaml.ScalarNode) and not node.tag.startswith("!")
        return str(node.value) if plain and node is not None else ""

    def line_of(self, name: str) -> int:
        """Return the line of a property, the resource's own where it has none."""
        node = self.properties.get(name)
        return node.start_mark.line + 1 if node is not None else self.line


def template_faults(file: str, text: str, columns: frozenset[str], empties: bool) -> Iterator[Finding]:
    """Yield what is wrong with a template; a file that is none has no faults of this kind.

    columns: of the data that the folder has. empties: whether a script of the folder empties buckets.
    """
    found = list(resources(text))
    for resource in found:
        if resource.kind == "AWS::CloudWatch::Alarm":
            yield from _alarm(file, resource, columns)
        elif resource.kind == "AWS::Events::Rule":
            yield from _rule(file, resource)
        elif resource.kind in ("AWS::Lambda::Function", "AWS::Serverless::Function", "AWS::CodeBuild::Project"):
            yield from _runtime(file, resource)
        elif resource.kind == "AWS::S3::Bucket" and not empties:
            yield Finding(
                rule=FaultRule.LEFT_BEHIND,
                file=file,
                line=resource.line,
                what=f"bucket {resource.name} is not empty when its stack is deleted, and no script here empties it",
                remedy="empty it before the stack is deleted: aws s3 rm s3://BUCKET --recursive",
            )
    if found:
        yield from _commented(file, text)


def resources(text: str) -> Iterator[Resource]:
    """Yield the resources of a template; none when it is no template, or no YAML."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return
    for name, node in entries(entries(root).get("Resources")).items():
        about = entries(node)
        kind = about.get("Type")
        if isinstance(kind, yaml.ScalarNode):
            line = kind.start_mark.line + 1
            yield Resource(name, str(kind.value), line, entries(about.get("Properties")))


def entries(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """Return a mapping's entries by name; nothing for any other node."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _alarm(file: str, alarm: Resource, columns: frozenset[str]) -> Iterator[Finding]:
    metric, space = alarm.text("MetricName"), alarm.text("Namespace")
    if space == "AWS/Lambda" and metric == "Errors" and "ExecutedVersion" not in _dimensions(alarm):
        yield Finding(
            rule=FaultRule.OTHER_VERSIONS_COUNT,
            file=file,
            line=alarm.line_of("Dimensions"),
            what=f"alarm {alarm.name} counts the errors of every version behind the alias, the old one's too",
            remedy="add the dimension ExecutedVersion with the new version",
        )
    period, times = alarm.text("Period"), alarm.text("EvaluationPeriods")
    watches = "Error" in metric or metric.endswith(("5XX", "4XX", "Latency", "Duration"))
    if watches and period.isdecimal() and times.isdecimal() and int(period) * int(times) >= SLOW:
        yield Finding(
            rule=FaultRule.SLOW_ALARM,
            file=file,
            line=alarm.line_of("EvaluationPeriods"),
            what=f"alarm {alarm.name} needs {int(period) * int(times)} s of failing requests before it does anything",
            remedy="judge each second of a new version, or use a period of 10 s (high resolution) and one evaluation",
        )
    if metric.startswith(DRIFT) and metric.removeprefix(DRIFT) not in columns:
        column = metric.removeprefix(DRIFT)
        yield Finding(
            rule=FaultRule.UNKNOWN_COLUMN,
            file=file,
            line=alarm.line_of("MetricName"),
            what=f'alarm {alarm.name} watches the column "{column}", which no data file here has: it never fires',
            remedy=f"watch one of: {', '.join(sorted(columns)[:8])}"
            if columns
            else "name a column of the training data",
        )


def _dimensions(alarm: Resource) -> set[str]:
    node = alarm.properties.get("Dimensions")
    parts = node.value if isinstance(node, yaml.SequenceNode) else []
    return {str(name.value) for part in parts if (name := entries(part).get("Name")) is not None}


def _rule(file: str, rule: Resource) -> Iterator[Finding]:
    if rule.text("State").upper() == "DISABLED":
        yield Finding(
            rule=FaultRule.SWITCHED_OFF,
            file=file,
            line=rule.line_of("State"),
            what=f"rule {rule.name} is shipped switched off: what it starts never happens by itself",
            remedy="write State: ENABLED, or take the rule out",
        )


def _runtime(file: str, resource: Resource) -> Iterator[Finding]:
    runtime = resource.text("Runtime")
    if RETIRED.fullmatch(runtime):
        yield Finding(
            rule=FaultRule.NOT_REPRODUCIBLE,
            file=file,
            line=resource.line_of("Runtime"),
            what=f"{resource.name} has the runtime {runtime}, which Lambda has retired: it cannot be created any more",
            remedy="use a current one, such as python3.13",
        )
    image = entries(resource.properties.get("Environment")).get("Image")
    if isinstance(image, yaml.ScalarNode) and OLD_IMAGE.fullmatch(str(image.value)):
        yield Finding(
            rule=FaultRule.NOT_REPRODUCIBLE,
            file=file,
            line=image.start_mark.line + 1,
            what=f"{resource.name} builds on {image.value}, whose runtimes are retired",
            remedy="use a current image, such as aws/codebuild/standard:7.0",
        )


def _commented(file: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if COMMENTED.match(line):
            yield Finding(
                rule=FaultRule.SWITCHED_OFF,
                file=file,
                line=number,
                what=f"a notice or a rule is commented out: {line.strip().lstrip('# ')}",
                remedy="take the comment signs away, or the lines",
            )
