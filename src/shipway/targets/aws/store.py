"""The project's objects in S3, as people put and list them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shipway.domain.store.name import check_bucket, check_key
from shipway.ports.target import SourceNotFound, StoredObject
from shipway.targets.aws.account import Account


class Store:
    """What `data put` and `data list` do."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def _client(self) -> Any:
        return self._account.client("s3")

    def put(self, source: Path, destination: str) -> Sequence[StoredObject]:
        """Upload a file or a folder; a folder's files keep their relative names. Raises SourceNotFound."""
        if not source.exists():
            raise SourceNotFound(source=str(source))
        bucket, key = self._account.bucket(destination)
        check_bucket(bucket)
        if source.is_file():
            whole = key + source.name if not key or key.endswith("/") else key
            return [self._upload(source, bucket, whole)]
        below = f"{key.rstrip('/')}/" if key else ""
        files = sorted(path for path in source.rglob("*") if path.is_file() and not path.is_symlink())
        return [self._upload(path, bucket, below + path.relative_to(source).as_posix()) for path in files]

    def list(self, prefix: str) -> Sequence[StoredObject]:
        """Return the newest versions below an s3 name, "" for the project's data. Listings tell no version ids."""
        bucket, key = self._account.bucket(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        return [
            StoredObject(
                uri=f"s3://{bucket}/{each['Key']}",
                version="",
                size=each["Size"],
                etag=each["ETag"].strip('"'),
                modified=each["LastModified"],
            )
            for page in pages
            for each in page.get("Contents", ())
        ]

    def _upload(self, path: Path, bucket: str, key: str) -> StoredObject:
        self._client.upload_file(str(path), bucket, check_key(key))
        told = self._client.head_object(Bucket=bucket, Key=key)
        return StoredObject(
            uri=f"s3://{bucket}/{key}",
            version=told.get("VersionId", ""),
            size=told["ContentLength"],
            etag=told["ETag"].strip('"'),
            modified=told["LastModified"],
        )
