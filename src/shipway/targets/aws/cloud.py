"""The account as something that is planned, made and taken away: the port `cloud` of AWS."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shipway.domain import names, workflow
from shipway.domain.errors import ShipwayError
from shipway.domain.plan import Plan
from shipway.domain.project import Problem, ProjectInvalid
from shipway.ports.cloud import Applied, Leftover, Published, Say
from shipway.ports.target import BuiltImage
from shipway.project import source as project_source
from shipway.project.folder import load
from shipway.targets.aws import instance, webhook
from shipway.targets.aws import stacks as agreed
from shipway.targets.aws.account import Account
from shipway.targets.aws.building import Builder, docker
from shipway.targets.aws.building import DockerMissing as NoDocker
from shipway.targets.aws.changeset import BODY_LIMIT, Changes
from shipway.targets.aws.destroy import Destruction
from shipway.targets.aws.errors import plainly, told
from shipway.targets.aws.functions import package
from shipway.targets.aws.image import plans
from shipway.targets.aws.plan import Deployed, planned
from shipway.targets.aws.rendering import hooks_of
from shipway.targets.aws.resources import limits
from shipway.targets.aws.resources.documents import stacks as rendered_stacks
from shipway.targets.aws.resources.filling import declared
from shipway.targets.aws.resources.place import Place
from shipway.targets.aws.resources.settings import parameters
from shipway.targets.aws.resources.studio import studio
from shipway.targets.aws.stack import Stacks
from shipway.targets.aws.stack_document import read, required

NOBODY = "0" * 12  # stands for the account while nobody is signed in
STUDIO = "studio"  # below the artifacts bucket: what SageMaker Studio makes projects from
YAML = "application/yaml"


class ParameterMissing(ShipwayError):
    """A stack wants something that nothing before it gives."""

    message = "stack {stack} needs {parameter}, which no stack before it gives"
    hint = "apply the stacks before it first: shipway apply; a customized template gives each parameter a default"
    exit_code = 2
    status = 422


def aws_cloud(
    folder: Path, session: boto3.Session | None = None, pause: Callable[[float], None] = time.sleep
) -> "AwsCloud":
    """Return the account as the cloud of the project in a folder. Nothing is asked of AWS yet."""
    resolved = folder.resolve()
    return AwsCloud(Account(load(resolved).project, session), resolved, pause)


@plainly
class AwsCloud:
    """One project's stacks in one account and region. Each method is described by the port."""

    def __init__(self, account: Account, folder: Path, pause: Callable[[float], None]) -> None:
        self._account = account
        self._folder = folder
        self._pause = pause
        self._stacks = Stacks(account)
        self._changes = Changes(account, self._stacks, pause)

    def plan(self) -> Plan:
        project, deployed, note = self._account.project, None, ""
        try:
            deployed = {concern: found for concern in names.STACKS if (found := self._deployed(concern))}
        except (BotoCoreError, ClientError) as error:
            note = f"the account was not asked what is there: {told(error)}"
        account = self._account.number if deployed is not None else project.aws.account or NOBODY
        made = planned(project, self._rendered, self._values(account), deployed, note)
        refused = tuple(f"{each.path}: {each.problem}; {each.remedy}" for each in self._problems(account))
        return replace(made, stuck=(*refused, *made.stuck))

    def apply(self, say: Say) -> Sequence[Applied]:
        problems = self._problems(self._account.number)
        if problems:
            raise ProjectInvalid.of("shipway.toml", problems)
        values = self._values(self._account.number)
        done = []
        for concern in self._own():
            began = time.monotonic()
            text = self._rendered[concern]
            outcome = self._changes.apply(concern, self._template(text), self._given(concern, text, values), say)
            done.append(Applied(stack=self._stacks.name(concern), outcome=outcome, seconds=time.monotonic() - began))
            say(f"{self._stacks.name(concern)} {outcome}")
            values |= self._stacks.get(concern).outputs
            if concern == "foundation":
                values |= self._assets(say)
            if concern == "alarms" and self._account.project.notifications.webhooks:
                webhook.keep(self._account, self._folder)
        self._analyzer(say)
        return done

    def destroy(self, say: Say, *, endpoints: bool = False) -> Sequence[Leftover]:
        destruction = Destruction(self._account, self._stacks, self._changes)
        return destruction.endpoints(say) if endpoints else destruction.all(say)

    def build_images(self, say: Say) -> Sequence[BuiltImage]:
        return Builder(self._account, self._folder).build(say)

    def push_images(self, say: Say, *, codebuild: bool = False) -> Sequence[BuiltImage]:
        builder = Builder(self._account, self._folder)
        return builder.push_by_codebuild(say, self._pause) if codebuild else builder.push(say)

    def publish_template(self) -> Published:
        self._stacks.get("foundation")
        place = Place(account=self._account.number, region=self._account.region)
        for name, text in self._rendered.items():
            self._upload(f"{STUDIO}/{name}.yml", text.encode(), YAML)
        assets = self._assets(_silent)
        key = f"{STUDIO}/project.yml"
        # Studio lists what has this tag.
        self._account.client("s3").put_object(
            Bucket=self._account.artifacts,
            Key=key,
            Body=studio(self._account.project, place, self._rendered).encode(),
            ContentType=YAML,
            Tagging="sagemaker:studio-visibility=true",
        )
        return Published(
            url=self._address(key),
            parameters={
                "TemplatesUrl": self._address(STUDIO),
                "FunctionsBucket": assets[agreed.ASSET_BUCKET],
                "FunctionsKey": assets[agreed.FUNCTIONS_KEY],
                "AnalyzeImage": assets[agreed.ANALYZE_IMAGE],
            },
        )

    @cached_property
    def _rendered(self) -> dict[str, str]:
        project = self._account.project
        training = project_source.customized(self._folder, workflow.document(project))
        return rendered_stacks(project, training)

    def _own(self) -> list[str]:
        """Return the stacks that `apply` makes, in their order."""
        return [each for each in names.STACKS if each not in names.BY_PIPELINE and each in self._rendered]

    def _problems(self, account: str) -> list[Problem]:
        """Return what AWS would refuse of the project, before anything is made."""
        project = self._account.project
        place = Place(account=account, region=self._account.region)
        return [*limits.problems(project, place), *instance.problems(project)]

    def _values(self, account: str) -> dict[str, str]:
        place = Place(account=account, region=self._account.region)
        return parameters(self._account.project, place, hooks_of(load(self._folder)))

    def _given(self, concern: str, text: str, values: Mapping[str, str]) -> dict[str, str]:
        """Return the values of a stack's parameters. Raises ParameterMissing."""
        for name in required(read(text)) - set(values):
            raise ParameterMissing(stack=self._stacks.name(concern), parameter=name)
        return {name: values[name] for name in declared(text) if name in values}

    def _assets(self, say: Say) -> dict[str, str]:
        """Upload what later stacks are made from; return the parameters that name it."""
        content = package.package()
        key = names.asset(package.digest(content), ".zip")
        self._upload(key, content, "application/zip")
        say(f"functions: s3://{self._account.artifacts}/{key}")
        return {
            agreed.ASSET_BUCKET: self._account.artifacts,
            agreed.FUNCTIONS_KEY: key,
            agreed.ANALYZE_IMAGE: self._analyze_uri(),
        }

    def _analyze_uri(self) -> str:
        """Return the analyzer's image by its tag, which names its content: it may be pushed later than it is named."""
        builder = Builder(self._account, self._folder)
        plan = next(each for each in plans(self._account.project.name, self._folder) if each.kind == "analyze")
        return plan.uri(builder.registry)

    def _analyzer(self, say: Say) -> None:
        """Push the images where the registry does not have the analyzer's: with docker, else with CodeBuild."""
        builder = Builder(self._account, self._folder)
        plan = next(each for each in plans(self._account.project.name, self._folder) if each.kind == "analyze")
        if builder.digest(plan) is not None:
            return
        try:
            docker()
        except NoDocker as missing:
            say(f"{missing}; CodeBuild does it")
            builder.push_by_codebuild(say, self._pause)
        else:
            builder.push(say)

    def _template(self, text: str) -> dict[str, str]:
        """Return a template as a request takes it: in it, or from the bucket where it is too large."""
        content = text.encode()
        if len(content) <= BODY_LIMIT:
            return {"TemplateBody": text}
        key = names.asset(f"sha256:{hashlib.sha256(content).hexdigest()}", ".yml")
        self._upload(key, content, YAML)
        return {"TemplateURL": self._address(key)}

    def _upload(self, key: str, content: bytes, kind: str) -> None:
        self._account.client("s3").put_object(Bucket=self._account.artifacts, Key=key, Body=content, ContentType=kind)

    def _address(self, key: str) -> str:
        suffix = "amazonaws.com.cn" if self._account.region.startswith("cn-") else "amazonaws.com"
        return f"https://{self._account.artifacts}.s3.{self._account.region}.{suffix}/{key}"

    def _deployed(self, concern: str) -> Deployed | None:
        found = self._stacks.find(concern)
        if found is None:
            return None
        told = self._account.client("cloudformation").get_template(StackName=found.name, TemplateStage="Original")
        return Deployed(status=found.status, template=str(told["TemplateBody"]), parameters=found.parameters)


def _silent(_: str) -> None:
    """Say nothing."""
