"""One account and region with the project's names in them; clients are made when they are first asked for."""

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from shipway.domain import names
from shipway.domain.project import Project

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=60)


class Account:
    """What the adapters share. Nothing is asked of AWS before a client is used."""

    def __init__(self, project: Project, session: boto3.Session | None = None) -> None:
        self.project = project
        self._session = session or boto3.Session(region_name=project.aws.region)
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        """The region that shipway.toml names."""
        return self.project.aws.region

    @cached_property
    def number(self) -> str:
        """The account's twelve digits: of shipway.toml, else of the credentials in use."""
        return self.project.aws.account or str(self.client("sts").get_caller_identity()["Account"])

    def client(self, service: str) -> Any:
        """Return boto3's client of a service in this region."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, region_name=self.region, config=_CONFIG)
        return self._clients[service]

    @property
    def artifacts(self) -> str:
        """The bucket of runs, releases and what stacks are made from."""
        return names.cloud_bucket(names.artifact_bucket(self.project.name), self.number, self.region)

    @property
    def captures(self) -> str:
        """The bucket of captured requests and answers."""
        return names.cloud_bucket(names.capture_bucket(self.project.name), self.number, self.region)

    @property
    def data(self) -> str:
        """The bucket of the raw data: the one that shipway.toml names, else the project's own."""
        own = names.cloud_bucket(self.project.bucket, self.number, self.region)
        return self.project.data.bucket or own

    def bucket(self, uri: str) -> tuple[str, str]:
        """Return bucket and key of an s3 name, "" for the project's data; may name a bucket as this machine does."""
        if not uri:
            return self.data, self.project.data.prefix
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        local = {self.project.bucket: self.data, names.artifact_bucket(self.project.name): self.artifacts}
        return local.get(bucket, bucket), key

    @property
    def _partition(self) -> str:
        partition = "aws-cn" if self.region.startswith("cn-") else "aws"
        return "aws-us-gov" if self.region.startswith("us-gov-") else partition

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something in this account and region."""
        return f"arn:{self._partition}:{service}:{self.region}:{self.number}:{resource}"

    def role(self, part: str) -> str:
        """Return the ARN of the role of one part of the project."""
        name = names.role(self.project.name, self.region, part)
        return f"arn:{self._partition}:iam::{self.number}:role/{name}"
