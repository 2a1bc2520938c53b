"""Objects of S3 as the functions and the adapters use them: whole, small, and written once where it matters."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

MISSING = ("NoSuchKey", "404", "NotFound")
TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


def read(s3: Any, bucket: str, key: str) -> bytes | None:
    """Return an object's content, None where there is none."""
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if code(error) in MISSING:
            return None
        raise
    return content


def write_once(s3: Any, bucket: str, key: str, content: bytes, kind: str = "application/json") -> bool:
    """Return whether the object was written: False where one is there already, which stays as it is."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=kind, IfNoneMatch="*")
    except ClientError as error:
        if code(error) in TAKEN:
            return False
        raise
    return True


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Yield the keys below a prefix, in their order."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            yield each["Key"]


def code(error: ClientError) -> str:
    """Return the service's name of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
