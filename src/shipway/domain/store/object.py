"""The values of the object store: buckets, object versions, uploads and events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

NULL_VERSION = "null"
DEFAULT_CONTENT_TYPE = "binary/octet-stream"
METADATA_LIMIT = 2048


class Versioning(StrEnum):
    """A bucket starts OFF and, once ENABLED, can only be SUSPENDED again."""

    OFF = ""
    ENABLED = "Enabled"
    SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A named set of objects."""

    name: str
    created: datetime
    versioning: Versioning


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum:
    """What the client asked to keep beside the content.

    algorithm: CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512 or MD5.
    value: base64; of a COMPOSITE one followed by "-" and the number of parts.
    kind: FULL_OBJECT, or COMPOSITE for a checksum of the parts' checksums.
    """

    algorithm: str
    value: str
    kind: str = "FULL_OBJECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """All that a writer says about an object besides its bytes.

    metadata: the user's own, names in lower case, METADATA_LIMIT bytes together.
    headers: Cache-Control and its kind, in lower case, given back as they came.
    if_none_match: "*" refuses to replace an object. if_match: an etag, or "*" for any: refuses to replace another one.
    """

    content_type: str = DEFAULT_CONTENT_TYPE
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    checksum: Checksum | None = None
    if_none_match: str | None = None
    if_match: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectVersion:
    """One immutable version of an object, or a delete marker (then size 0 and no sha256).

    version: "null" in a bucket whose versioning is not enabled. etag: without quotes. size: bytes.
    parts: the parts' sizes in bytes when it came as a multipart upload.
    sequence: grows with every commit of the whole store; orders the versions of one key.
    """

    bucket: str
    key: str
    version: str
    etag: str
    size: int
    sha256: str
    modified: datetime
    content_type: str = DEFAULT_CONTENT_TYPE
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    checksum: Checksum | None = None
    parts: tuple[int, ...] = ()
    latest: bool = True
    delete_marker: bool = False
    sequence: int = 0

    @property
    def uri(self) -> str:
        """The address that jobs and people use."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What a delete did: `version` is the removed version, or the delete marker that was written.

    delete_marker: a marker was written, or the removed version was one. version is empty when nothing changed.
    """

    version: str = ""
    delete_marker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEvent:
    """A change, recorded in the transaction that made it.

    number: grows by commit order; a reader that has seen n never meets a smaller one later.
    kind: S3's names, such as ObjectCreated:Put, ObjectCreated:CompleteMultipartUpload, ObjectRemoved:Delete,
        ObjectRemoved:DeleteMarkerCreated, LifecycleExpiration:Delete.
    """

    number: int
    kind: str
    bucket: str
    key: str
    version: str
    size: int
    etag: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An open multipart upload. checksum: algorithm and kind only, its value comes with the parts."""

    id: str
    bucket: str
    key: str
    started: datetime
    put: Put


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One uploaded part, number 1..10000. etag: md5 in hex. checksum: of the part, when the client sent one."""

    number: int
    sha256: str
    size: int
    etag: str
    modified: datetime
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a garbage collection removed: blobs without a version, their bytes, and files of dead writers."""

    blobs: int
    size: int
    leftovers: int
