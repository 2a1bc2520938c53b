"""What must hold in [aws] of shipway.toml beyond the types of its values. Pure."""

import re
from collections.abc import Iterator
from datetime import timedelta

from shipway.domain.aws_settings import AwsSettings, SourceKind
from shipway.domain.project import Problem
from shipway.domain.units import format_duration

# Source: CloudWatch Logs API reference, PutRetentionPolicy, retentionInDays.
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
_DAY = timedelta(days=1)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_CONNECTION = re.compile(r"arn:aws[a-z-]*:codeconnections:[a-z0-9-]+:\d{12}:connection/\S+")
_NETWORK = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})/(1[6-9]|2[0-2])")


def problems(aws: AwsSettings) -> Iterator[Problem]:
    """Yield everything that is wrong with the settings, whether or not the target is used."""
    if not _REGION.fullmatch(aws.region):
        problem = f"{aws.region!r} is not the code of a region"
        yield Problem(path="aws.region", problem=problem, remedy='write it as "eu-central-1"')
    if aws.account and not re.fullmatch(r"\d{12}", aws.account):
        problem = f"{aws.account!r} is not an account"
        yield Problem(path="aws.account", problem=problem, remedy='write its twelve digits, or ""')
    if aws.connection and not _CONNECTION.fullmatch(aws.connection):
        remedy = 'write its whole ARN: "arn:aws:codeconnections:REGION:ACCOUNT:connection/ID"'
        yield Problem(path="aws.connection", problem=f"{aws.connection!r} is not a connection", remedy=remedy)
    yield from _repository(aws)
    yield from _network(aws)
    yield from _numbers(aws)


def _repository(aws: AwsSettings) -> Iterator[Problem]:
    # Lengths: CodePipeline's FullRepositoryId and CodeCommit's RepositoryName.
    if not aws.repository:
        return
    pattern = r"[\w.-]{1,100}" if aws.source is SourceKind.CODECOMMIT else r"[\w.-]+(?:/[\w.-]+)+"
    if not re.fullmatch(pattern, aws.repository):
        remedy = 'write "name"' if aws.source is SourceKind.CODECOMMIT else 'write "owner/name"'
        problem = f"{aws.repository!r} is not a repository"
        yield Problem(path="aws.repository", problem=problem, remedy=remedy)


def _network(aws: AwsSettings) -> Iterator[Problem]:
    found = _NETWORK.fullmatch(aws.network)
    if not found or any(int(part) > 255 for part in found[1].split(".")):
        remedy = 'write it as "10.38.0.0/16", with /16 to /22: four subnets of 256 addresses are cut from it'
        yield Problem(path="aws.network", problem=f"{aws.network!r} is not a range of addresses", remedy=remedy)


def _numbers(aws: AwsSettings) -> Iterator[Problem]:
    bounds = (
        ("nat_gateways", aws.nat_gateways, 0, 2),
        ("rate_limit", aws.rate_limit, 1, 10_000),  # the account's own limit of API Gateway
        ("burst_limit", aws.burst_limit, 1, 5_000),
        ("keep_images", aws.keep_images, 3, 1_000),
    )
    for key, value, low, high in bounds:
        if not low <= value <= high:
            yield Problem(path=f"aws.{key}", problem=f"{value} is out of range", remedy=f"write {low} to {high}")
    if aws.keep_versions % _DAY or aws.keep_versions < _DAY:
        problem = f"{format_duration(aws.keep_versions)} is not whole days"
        yield Problem(path="aws.keep_versions", problem=problem, remedy='write "1d" or more')
    if aws.keep_logs % _DAY or aws.keep_logs // _DAY not in RETENTIONS:
        remedy = f"write one of {', '.join(map(str, RETENTIONS))} days"
        problem = f"CloudWatch cannot keep logs for {format_duration(aws.keep_logs)}"
        yield Problem(path="aws.keep_logs", problem=problem, remedy=remedy)
