"""Taking a project's stacks away, with what CloudFormation would not delete: contents of buckets, images, logs."""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain import names
from shipway.ports.cloud import Leftover
from shipway.targets.aws.account import Account
from shipway.targets.aws.changeset import Changes
from shipway.targets.aws.client_key import Keys
from shipway.targets.aws.errors import NotApplied
from shipway.targets.aws.objects import code
from shipway.targets.aws.stack import Stacks
from shipway.targets.aws.stack_document import read, resources

BATCH = 1000  # objects that one request deletes
IMAGES = 100  # images that one request deletes
Say = Callable[[str], None]


class Destruction:
    """Removes one project from the account."""

    def __init__(self, account: Account, stacks: Stacks, changes: Changes) -> None:
        self._account = account
        self._stacks = stacks
        self._changes = changes

    def endpoints(self, say: Say) -> list[Leftover]:
        """Delete the two endpoint stacks; everything else stays, and the next run makes them again."""
        for concern in reversed(names.BY_PIPELINE):
            self._delete(concern, say)
        return []

    def all(self, say: Say) -> list[Leftover]:
        """Delete every stack, the last one first, and what is in them; return what is left."""
        for concern in reversed(names.STACKS):
            self._delete(concern, say)
        self._models(say)
        self._keys(say)
        self._logs(say)
        return list(self._left())

    def _delete(self, concern: str, say: Say) -> None:
        try:
            made = self._stacks.listed(concern)
        except NotApplied:
            return
        kept = self._kept(concern)
        for each in made:
            if each["LogicalResourceId"] in kept:
                continue
            identity = each.get("PhysicalResourceId", "")
            if each["ResourceType"] == "AWS::S3::Bucket" and identity:
                self._empty(identity, say)
            elif each["ResourceType"] == "AWS::ECR::Repository" and identity:
                self._images(identity, say)
        if self._changes.delete(concern, say):
            say(f"{self._stacks.name(concern)} is gone")

    def _kept(self, concern: str) -> set[str]:
        """Return the names of resources that stay when their stack goes: the raw data, which somebody gave."""
        told = self._account.client("cloudformation").get_template(
            StackName=self._stacks.name(concern), TemplateStage="Original"
        )
        policies = {
            name: str(each.get("DeletionPolicy", "")) for name, each in resources(read(told["TemplateBody"])).items()
        }
        return {name for name, policy in policies.items() if policy.startswith("Retain")}

    def _empty(self, bucket: str, say: Say) -> None:
        """Delete every version of every object."""
        s3, count = self._account.client("s3"), 0
        try:
            pages = s3.get_paginator("list_object_versions").paginate(
                Bucket=bucket, PaginationConfig={"PageSize": BATCH}
            )
            for page in pages:
                found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
                if objects:
                    s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
                count += len(objects)
        except ClientError as error:
            if code(error) != "NoSuchBucket":
                raise
        if count:
            say(f"bucket {bucket}: {count} versions deleted")

    def _images(self, repository: str, say: Say) -> None:
        ecr, count = self._account.client("ecr"), 0
        try:
            pages = ecr.get_paginator("list_images").paginate(
                repositoryName=repository, PaginationConfig={"PageSize": IMAGES}
            )
            for page in pages:
                if page["imageIds"]:
                    digests = [{"imageDigest": digest} for digest in {each["imageDigest"] for each in page["imageIds"]}]
                    ecr.batch_delete_image(repositoryName=repository, imageIds=digests)
                    count += len(digests)
        except ClientError as error:
            if code(error) != "RepositoryNotFoundException":
                raise
        if count:
            say(f"repository {repository}: {count} images deleted")

    def _keys(self, say: Say) -> None:
        """Delete the keys of the API's clients; no stack has them."""
        count = Keys(self._account.client("apigateway"), self._account.project.name).remove_all()
        if count:
            say(f"{count} keys of the API's clients deleted")

    def _models(self, say: Say) -> None:
        """Delete the models that batches were answered by, one a release; no stack has them."""
        sagemaker, prefix = self._account.client("sagemaker"), f"{self._account.project.name}-release-"
        pages = sagemaker.get_paginator("list_models").paginate(NameContains=prefix)
        found = [str(each["ModelName"]) for page in pages for each in page["Models"]]
        for name in found:
            if name.startswith(prefix) and name.removeprefix(prefix).isdigit():
                sagemaker.delete_model(ModelName=name)
                say(f"model {name} deleted")

    def _logs(self, say: Say) -> None:
        """Delete the log groups that services made by themselves, under the project's names."""
        for group in self._groups():
            self._account.client("logs").delete_log_group(logGroupName=group)
            say(f"log group {group} deleted")

    def _groups(self) -> Iterator[str]:
        project = self._account.project.name
        for place in ("/aws/lambda/", "/aws/codebuild/", "/aws/sagemaker/Endpoints/", "/shipway/"):
            pages = self._account.client("logs").get_paginator("describe_log_groups")
            for page in pages.paginate(logGroupNamePrefix=f"{place}{project}"):
                for each in page["logGroups"]:
                    name = str(each["logGroupName"])
                    if name.removeprefix(f"{place}{project}").startswith(("-", "/")):  # no longer name of another one
                        yield name

    def _left(self) -> Iterator[Leftover]:
        project = self._account.project.name
        for standing in self._stacks.all():
            yield Leftover(
                what=f"stack {standing.name}",
                why=f"{standing.status}: {standing.reason}",
                remedy="look at what holds it in CloudFormation's events, then once more: shipway destroy",
            )
        for bucket in self._buckets():
            remedy = f"aws s3 rb s3://{bucket}, if nobody needs it"
            data = bucket == self._account.data
            why = "raw data stays when its stack goes" if data else "it was written to while it was deleted"
            yield Leftover(what=f"bucket {bucket}", why=why, remedy=remedy, meant=data)
        key = self._key()
        if key:
            remedy = f"wait, or keep it: aws kms cancel-key-deletion --key-id {key['KeyId']}"
            waits = "DeletionDate" in key
            yield Leftover(what=f"key {names.key_alias(project)}", why=_waits(key), remedy=remedy, meant=waits)

    def _buckets(self) -> Iterator[str]:
        project, s3 = self._account.project, self._account.client("s3")
        local = (
            names.artifact_bucket(project.name),
            names.capture_bucket(project.name),
            names.log_bucket(project.name),
        )
        own = [names.cloud_bucket(each, self._account.number, self._account.region) for each in local]
        for bucket in [*own, self._account.data]:
            try:
                s3.head_bucket(Bucket=bucket)
            except ClientError as error:
                if code(error) in ("404", "NoSuchBucket"):
                    continue
                raise
            yield bucket

    def _key(self) -> dict[str, Any] | None:
        try:
            told = self._account.client("kms").describe_key(KeyId=names.key_alias(self._account.project.name))
        except ClientError as error:
            if code(error) == "NotFoundException":
                return None
            raise
        found: dict[str, Any] = told["KeyMetadata"]
        return found


def _waits(key: dict[str, Any]) -> str:
    until = key.get("DeletionDate")
    return f"deleted on {until:%Y-%m-%d}: AWS lets no key go at once" if until else f"it is {key['KeyState'].lower()}"
