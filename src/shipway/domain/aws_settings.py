"""What a project says about AWS: [aws] in shipway.toml."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class SourceKind(StrEnum):
    """Where the pipeline takes the project's files from."""

    CONNECTION = "connection"  # GitHub, GitLab, Bitbucket: through CodeConnections
    CODECOMMIT = "codecommit"
    S3 = "s3"  # a zip that `shipway start` puts into the artifacts bucket


class MonitorKind(StrEnum):
    """What looks for drift."""

    SCHEDULE = "schedule"  # the monitoring workflow, started by EventBridge Scheduler
    MANAGED = "managed"  # SageMaker Model Monitor, which takes no new customers


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """Where the aws target lives, and what only it has.

    account: 12 digits; "" = the account of the credentials in use. repository: "owner/name", or a CodeCommit name.
    connection: the ARN of a CodeConnections connection. network: CIDR of the VPC, /16../22. nat_gateways: 0..2.
    create_data_bucket: false where the data's bucket is there already. rate_limit, burst_limit: requests a second, and
    at one moment, of all callers of the API. keep_versions, keep_logs: whole days. keep_images: a repository, 3..1000.
    """

    region: str = "us-east-1"
    account: str = ""
    source: SourceKind = SourceKind.CONNECTION
    repository: str = ""
    branch: str = "main"
    connection: str = ""
    network: str = "10.38.0.0/16"
    nat_gateways: int = 1
    network_isolation: bool = True
    create_data_bucket: bool = True
    monitor: MonitorKind = MonitorKind.SCHEDULE
    rate_limit: int = 100
    burst_limit: int = 200
    keep_versions: timedelta = timedelta(days=90)
    keep_logs: timedelta = timedelta(days=90)
    keep_images: int = 100
