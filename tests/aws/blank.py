"""The account in memory before anything is in it: `apply` brings a project, releases add to it, `destroy` ends it."""

from dataclasses import dataclass, field
from typing import Any

from aws.account import Refusal
from aws.cloud import Asked, Cloud
from aws.formation import Formation, Stack
from shipway.domain import names
from shipway.domain.pipeline import Cause
from shipway.targets.aws.stack_document import read, resources

API = {"UsagePlanId": "plan1"}
Parsed = dict[str, Any]


@dataclass
class Blank(Cloud):
    """formation: its CloudFormation. Outputs are made up; a stack's buckets come with it, and must be empty to go."""

    formation: Formation = field(default_factory=Formation)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.storage.buckets.clear()
        self.formation.into(self)
        self.serves |= {
            "cloudformation.DescribeStacks": self._standing,
            "cloudformation.ListStackResources": self._listed,
            "cloudformation.ExecuteChangeSet": self._executed,
            "cloudformation.DeleteStack": self._deleted,
            "s3.DeleteBucket": self._drop,
            "ecr.ListImages": lambda _: {"imageIds": [{"imageDigest": "sha256:" + "a" * 64}]},
            "ecr.BatchDeleteImage": lambda _: {},
            "logs.DescribeLogGroups": lambda _: {"logGroups": []},
            "kms.DescribeKey": _no_key,
        }

    def _standing(self, asked: Asked) -> Asked:
        self._released()
        told: Asked = self.formation._describe(asked)
        return told

    def _released(self) -> None:
        """Add the stacks that the pipeline makes: they are there once something has gone live."""
        for concern in names.BY_PIPELINE if self.fake.periods else ():
            name = names.stack("tiny", concern)
            if name not in self.formation.stacks and f"-{name}" not in self.formation.order:
                outputs = API | {"ApiUrl": self.api}
                self.formation.stacks[name] = Stack(name, "CREATE_COMPLETE", template="Resources: {}", outputs=outputs)

    def _executed(self, asked: Asked) -> Asked:
        name, proposed = asked["StackName"], self.formation.pending[asked["StackName"]]
        text, stack = self._text_of(proposed), self.formation.stacks[name]
        template = read(text)
        given = {each["ParameterKey"]: each["ParameterValue"] for each in proposed["Parameters"]}
        self.formation.gives[name] = {output: f"value-of-{output}" for output in template.get("Outputs", {})}
        if name not in self.formation.fails:
            self.storage.buckets |= {bucket: {} for bucket in _buckets(template, given)}
            if name == names.stack("tiny", "pipeline"):
                self._begin()
        told: Asked = self.formation._execute(asked)
        stack.template, stack.parameters = text, given
        return told

    def _text_of(self, proposed: Asked) -> str:
        if "TemplateBody" in proposed:
            return str(proposed["TemplateBody"])
        bucket, _, key = proposed["TemplateURL"].removeprefix("https://").partition("/")
        return self.storage.text(bucket.partition(".")[0], key)

    def _begin(self) -> None:
        """Bring the pipeline to life; it runs as soon as it is made, and finds no archive yet."""
        self.fake.up()
        self.fake.fails["Source"] = "the archive is not there"
        self.fake.start(Cause())
        for _ in range(2):
            self.fake.advance()
        self.fake.fails.clear()

    def _listed(self, asked: Asked) -> Asked:
        self._released()
        if asked["StackName"] in (names.stack("tiny", "prod"), names.stack("tiny", "alarms")):
            self.formation._find(asked["StackName"])
            return self._resources(asked)
        told: Asked = self.formation._resources(asked)
        stack = self.formation.stacks[asked["StackName"]]
        for each in told["StackResourceSummaries"]:
            properties = resources(read(stack.template))[each["LogicalResourceId"]].get("Properties", {})
            named = properties.get("BucketName") if isinstance(properties, dict) else None
            if isinstance(named, dict):
                each["PhysicalResourceId"] = stack.parameters[str(named["Ref"])]
        return told

    def _deleted(self, asked: Asked) -> Asked:
        stack = self.formation.stacks[asked["StackName"]]
        for bucket in _buckets(read(stack.template), stack.parameters, kept=False):
            if self.storage.buckets.get(bucket):
                self.formation.fails[stack.name] = (bucket, "The bucket you tried to delete is not empty")
            else:
                self.storage.buckets.pop(bucket, None)
        if stack.name == names.stack("tiny", "pipeline"):
            self.fake.down()
        told: Asked = self.formation._delete(asked)
        return told

    def _drop(self, asked: Asked) -> Asked:
        if self.storage.buckets[asked["Bucket"]]:
            raise Refusal("BucketNotEmpty", status=409)
        del self.storage.buckets[asked["Bucket"]]
        return {}


def _buckets(template: Parsed, given: Any, *, kept: bool = True) -> list[str]:
    """Return the names of a stack's buckets. kept: whether those count that stay when it goes."""
    found = [each for each in resources(template).values() if each["Type"] == "AWS::S3::Bucket"]
    chosen = [each for each in found if kept or not str(each.get("DeletionPolicy", "")).startswith("Retain")]
    return [given[str(each["Properties"]["BucketName"]["Ref"])] for each in chosen]  # type: ignore[index,call-overload]


def _no_key(_: Asked) -> None:
    raise Refusal("NotFoundException")
