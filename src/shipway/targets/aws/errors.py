"""What goes wrong between this machine and AWS, said so that people know what to do."""

from collections.abc import Callable
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, ParamSpec, TypeVar

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError, ProfileNotFound

from shipway.domain.errors import ShipwayError
from shipway.targets.aws.objects import code

P = ParamSpec("P")
R = TypeVar("R")
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "AuthorizationError")
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException")
REFUSED = (BotoCoreError, ClientError, S3UploadFailedError)


class NotOnAws(ShipwayError):
    """AWS has no such thing, or keeps it elsewhere."""

    message = "the aws target cannot {what}: {why}"
    hint = "{instead}"
    exit_code = 2
    status = 501


class NotApplied(ShipwayError):
    """The project's stacks are not in the account."""

    message = "{project} is not on AWS yet: there is no stack {stack}"
    hint = "look at what it takes, then make it: shipway plan --target aws; shipway apply --target aws"
    exit_code = 4
    status = 404


class CredentialsMissing(ShipwayError):
    """AWS does not know who asks."""

    message = "AWS does not know who asks: {problem}"
    hint = "sign in: aws configure sso, or set AWS_PROFILE; then look again: shipway doctor --target aws"
    exit_code = 2
    status = 401


class PermissionMissing(ShipwayError):
    """AWS knows who asks, and does not allow it."""

    message = "AWS does not allow {operation}: {problem}"
    hint = "ask for the permission that it names, or use another profile: AWS_PROFILE"
    exit_code = 5
    status = 403


class BucketMissing(ShipwayError):
    """A bucket is not there: the project's own come with its stacks."""

    message = "AWS has no bucket {bucket}"
    hint = "make the project's own: shipway apply --target aws; or check the name of another"
    exit_code = 4
    status = 404


class AwsRefused(ShipwayError):
    """A service's own reason."""

    message = "AWS refused {operation}: {problem}"
    hint = "look at the reason above; the request id is in SHIPWAY_DEBUG=1"
    exit_code = 3
    status = 502


class AwsUnreachable(ShipwayError):
    """No answer from the service."""

    message = "AWS does not answer: {problem}"
    hint = "look at the network and at aws.region in shipway.toml"
    exit_code = 3
    status = 502


def told(error: Exception) -> ShipwayError:
    """Return an error of boto3 as one for people."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError | ProfileNotFound):
        return CredentialsMissing(problem=str(error))
    if isinstance(error, S3UploadFailedError) and isinstance(error.__context__, ClientError):
        return told(error.__context__)
    if not isinstance(error, ClientError):
        return AwsUnreachable(problem=str(error))
    message = str(error.response.get("Error", {}).get("Message", "")) or str(error)
    if code(error) in EXPIRED:
        return CredentialsMissing(problem=message)
    if code(error) == "NoSuchBucket":
        return BucketMissing(bucket=error.response["Error"].get("BucketName", "of this name"))
    kind = PermissionMissing if code(error) in DENIED else AwsRefused
    return kind(operation=error.operation_name, problem=f"{code(error)}: {message}")


def plain(method: Callable[P, R]) -> Callable[P, R]:
    """Return a method whose errors of boto3 become errors for people."""

    @wraps(method)
    def calling(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return method(*arguments, **options)
        except REFUSED as error:
            raise told(error) from error

    @wraps(method)
    def yielding(*arguments: P.args, **options: P.kwargs) -> Any:
        try:
            yield from method(*arguments, **options)  # type: ignore[misc]
        except REFUSED as error:
            raise told(error) from error

    return yielding if isgeneratorfunction(method) else calling


def plainly(target: type[Any]) -> type[Any]:
    """Make every public method and property of a class a `plain` one: nobody meets an exception of boto3."""
    for name, member in list(vars(target).items()):
        if name.startswith("_"):
            continue
        if isinstance(member, property) and member.fget:
            setattr(target, name, property(plain(member.fget)))
        elif callable(member):
            setattr(target, name, plain(member))
    return target
