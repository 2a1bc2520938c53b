"""An account in memory as the command line's verbs on it see it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shipway.domain.cost import CostLine, Estimate
from shipway.domain.plan import Change, Grant, Plan, Resource
from shipway.ports.cloud import Applied, Leftover, Published, Say
from shipway.ports.target import BuiltImage
from shipway.targets.aws.building import DockerMissing
from shipway.targets.aws.changeset import StackFailed

STACKS = ("tiny-foundation", "tiny-pipeline")
DIGEST = "sha256:" + "a" * 64
REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/tiny"


@dataclass
class FakeCloud:
    """made: the stacks that are there. fails: the reason of the next apply's failure, "" = it succeeds."""

    made: list[str] = field(default_factory=list)
    fails: str = ""

    def plan(self) -> Plan:
        there = Change.SAME if self.made else Change.CREATE
        return Plan(
            resources=(
                Resource(stack="foundation", name="Artifacts", type="AWS::S3::Bucket", change=there),
                Resource(stack="foundation", name="Key", type="AWS::KMS::Key", change=Change.REPLACE, why=("KeySpec",)),
                Resource(stack="pipeline", name="Pipeline", type="AWS::CodePipeline::Pipeline", change=there),
            ),
            gains=(Grant("Jobs", "s3:GetObject", "arn:aws:s3:::${ArtifactBucket}/runs/*"),),
            losses=(),
            cost=Estimate(
                lines=(
                    CostLine(what="prod endpoint, 1 x ml.p9.huge", quantity=730, unit="hour", price=None),
                    CostLine(what="dev endpoint, 1 x ml.m5.large", quantity=730, unit="hour", price=0.115),
                ),
                monthly=83.95,
                region="us-east-1",
                dated="2026-03",
                source="a table",
                assumed=("4 runs of the pipeline",),
            ),
            stuck=("each mail address must confirm its subscription once, or it gets nothing",),
            differences=(),
            compared=bool(self.made),
            note="" if self.made else "the account was not asked what is there: nobody is signed in",
        )

    def apply(self, say: Say) -> Sequence[Applied]:
        say("tiny-foundation Key create complete")
        if self.fails:
            resource = "Key (AWS::KMS::Key)"
            raise StackFailed(stack=STACKS[0], resource=resource, reason=self.fails, remedy="mend what it says")
        outcome = "unchanged" if self.made else "created"
        self.made = [*STACKS]
        return [Applied(stack=stack, outcome=outcome, seconds=61.0) for stack in STACKS]

    def destroy(self, say: Say, *, endpoints: bool = False) -> Sequence[Leftover]:
        say("tiny-prod is gone")
        if endpoints:
            return []
        data = Leftover(what="bucket tiny-data", why="raw data stays", remedy="aws s3 rb s3://tiny-data", meant=True)
        stack = Leftover(what="stack tiny-dev", why="DELETE_FAILED: in use", remedy="look at its events")
        return [data, stack] if self.made else [data]

    def build_images(self, say: Say) -> Sequence[BuiltImage]:  # noqa: ARG002
        raise DockerMissing(problem="there is no command docker")

    def push_images(self, say: Say, *, codebuild: bool = False) -> Sequence[BuiltImage]:
        say("CodeBuild builds tiny-build:1" if codebuild else "building model")
        image = BuiltImage(name="model", uri=f"{REGISTRY}/model@{DIGEST}", digest=DIGEST, seconds=2.0, reused=codebuild)
        return [image]

    def publish_template(self) -> Published:
        root = "https://tiny-artifacts.s3.us-east-1.amazonaws.com/studio"
        return Published(url=f"{root}/project.yml", parameters={"TemplatesUrl": root})
