"""S3 that is not ours, for the store's contract: a real account's, or an emulator's at the address in SHIPWAY_TEST_S3.

All accounts share the names of buckets, so those of a case begin with a word of its own. The region is one where
making a bucket twice is refused; us-east-1 alone lets it pass.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

EMULATOR = os.environ.get("SHIPWAY_TEST_S3", "")
REAL = os.environ.get("SHIPWAY_LIVE_AWS") == "1"
ELSEWHERE = bool(EMULATOR) or REAL
REGION = "us-west-2"
NAMES = ("data", "other")  # the buckets that cases speak of


def client() -> Any:
    """Return a client of that S3: with the credentials of whoever runs this, or with an emulator's."""
    if REAL:
        return boto3.Session(region_name=REGION).client("s3")
    plain = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.Session(region_name=REGION, **keys).client("s3", endpoint_url=EMULATOR, config=plain)


@contextmanager
def own_names(s3: Any) -> Iterator[dict[str, str]]:
    """What a case's buckets are called; they are emptied and removed after it."""
    word = f"shipway-{secrets.token_hex(6)}"
    called = {name: f"{word}-{name}" for name in NAMES}
    try:
        yield called
    finally:
        for bucket in called.values():
            remove(s3, bucket)


def make(s3: Any, bucket: str) -> None:
    """Make a bucket in that region."""
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})


def remove(s3: Any, bucket: str) -> None:
    """Remove a bucket, if there is one, with every version of all that is in it."""
    try:
        s3.head_bucket(Bucket=bucket)
    except s3.exceptions.ClientError:
        return
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if found:
            objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    s3.delete_bucket(Bucket=bucket)
