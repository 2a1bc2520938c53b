"""What the rest of Shipway may ask of an object store. The docstrings are the contract, which tests prove."""

import builtins
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from shipway.domain.store.object import Bucket, Collected, Deleted, ObjectVersion, StoreEvent


class ObjectStore(Protocol):
    """Buckets of named, versioned, immutable contents, safe to use from many threads and processes at once.

    Every method that changes something either did it durably when it returns, or raises and changed nothing.
    Raises BucketNotFound wherever a bucket is named that does not exist, StoreFull when the disk has no room.
    """

    def create_bucket(self, name: str, versioning: bool = True) -> Bucket:
        """Return the bucket, made now or found as it is (`versioning` then has no say).

        name: by S3's rules, else BucketNameRefused.
        """

    def put(  # noqa: PLR0913 (one keyword for each thing that a writer may say)
        self,
        bucket: str,
        key: str,
        source: bytes | Path | BinaryIO,
        *,
        content_type: str = ...,
        metadata: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
        if_match: str | None = None,
    ) -> ObjectVersion:
        """Return the object's new newest version, holding all bytes of `source`.

        key: 1..1024 bytes of UTF-8, else KeyRefused, KeyTooLong. source: read once, a MiB at a time.
        if_none_match: "*" raises PreconditionFailed when the object exists. if_match: an etag; raises
        PreconditionFailed when the object has another one and ObjectNotFound when there is none. Of concurrent writers
        with the same condition exactly one succeeds. Readers see the old version until this returns, and after a kill
        at any moment either the old or the whole new one. The event is recorded with the version.
        """

    def head(self, bucket: str, key: str, version: str | None = None) -> ObjectVersion:
        """Return the newest version, or a named one.

        Raises ObjectNotFound (also when the newest is a delete marker), VersionNotFound, IsDeleteMarker.
        """

    def blob(self, bucket: str, key: str, version: str | None = None) -> Path:
        """Return the file with a version's content: read only, never written to, shared by equal contents.

        It stays until the version is deleted and `collect` has run: open it at once, or `download` a copy to keep.
        Raises as `head`.
        """

    def read(self, bucket: str, key: str, version: str | None = None) -> bytes:
        """Return the whole content in memory; raises as `head`."""

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectVersion]:
        """Yield the newest version of every object whose key starts with `prefix`, in order of the keys' UTF-8 bytes.

        Delete markers are left out. Objects that come or go meanwhile may or may not be seen, others are, once.
        """

    def versions(self, bucket: str, prefix: str = "") -> Iterator[ObjectVersion]:
        """Yield every version and delete marker by key, newest first within a key."""

    def delete(self, bucket: str, key: str, version: str | None = None, *, if_match: str | None = None) -> Deleted:
        """Return what was deleted: nothing there is no error.

        Without a version: a delete marker in a bucket with versions, else the object goes. With one: that version goes
        for good, and the next older one is the newest again. if_match: as in `put`, without a version only.
        """

    def download(self, uri: str, folder: Path) -> builtins.list[Path]:
        """Write copies below `folder` and return the files.

        uri: s3://bucket/key of one object, which is written under its last piece; else the address of a folder of
        objects ("s3://b/data" means "s3://b/data/"), written under what follows it; s3://bucket for all of a bucket.
        The files are independent: writing to them changes no object. All names are checked before the first byte is
        written: UnsafeKey for "../x", absolute keys, and two keys that would be one file. Raises ObjectNotFound.
        """

    def upload(self, source: Path, uri: str) -> builtins.list[ObjectVersion]:
        """Store a file or all files of a folder, and return the new versions in order of their keys.

        A file goes to the address itself, or under its own name when the address ends in "/" or names a bucket alone.
        Raises UnsafeFile for links out of the folder and for what is no plain file, FileNotFoundError.
        Each object is committed on its own.
        """

    def events(self, after: int = 0, limit: int = 1000) -> builtins.list[StoreEvent]:
        """Return the changes with a number above `after`, in order; one that was missed is never filled in later."""

    def collect(self) -> Collected:
        """Remove contents that no version refers to, also under load; return what went."""

    def expire(self, now: datetime) -> int:
        """Apply the buckets' lifecycle rules as of `now` (aware); return how many versions and uploads changed."""
