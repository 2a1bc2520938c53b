"""What the object store refuses. `code` is S3's word for it, which both targets and their clients speak."""

from typing import ClassVar

from shipway.domain.errors import ShipwayError


class StoreError(ShipwayError):
    """The base of this noun's errors; `code` goes into the S3 answer, with `status`."""

    code: ClassVar[str] = "InvalidRequest"
    status = 400
    exit_code = 2


class BucketNotFound(StoreError):
    """No bucket of this name is in the store."""

    message = "bucket {bucket!r} does not exist"
    hint = "create it first, or check the name for a typing error"
    code = "NoSuchBucket"
    status = 404
    exit_code = 4


class BucketExists(StoreError):
    """A bucket of this name is already there; it keeps what it has."""

    message = "bucket {bucket!r} already exists"
    hint = "use it, or choose another name"
    code = "BucketAlreadyOwnedByYou"
    status = 409
    exit_code = 5


class BucketNotEmpty(StoreError):
    """A bucket goes only when no version, delete marker or open upload is left in it."""

    message = "bucket {bucket!r} still holds object versions or open uploads"
    hint = "remove every version (also delete markers) and abort open multipart uploads first"
    code = "BucketNotEmpty"
    status = 409
    exit_code = 5


class BucketNameRefused(StoreError):
    """The name breaks S3's naming rules, so the bucket could not exist on the other target."""

    message = "{bucket!r} is not a bucket name: {reason}"
    hint = "use 3 to 63 lower-case letters, digits, hyphens and dots, starting and ending with a letter or digit"
    code = "InvalidBucketName"


class KeyRefused(StoreError):
    """The key can't be an object's name."""

    message = "{key!r} is not an object key: {reason}"
    hint = "use 1 to 1024 bytes of UTF-8 without the NUL character"
    code = "InvalidArgument"


class KeyTooLong(KeyRefused):
    """S3 allows 1024 bytes of UTF-8."""

    code = "KeyTooLongError"


class UriRefused(StoreError):
    """Not of the form s3://bucket/key."""

    message = "{uri!r} is not an s3 address: {reason}"
    hint = "write s3://bucket/key"
    code = "InvalidURI"


class UnsafeKey(StoreError):
    """The key, taken as a file name, would be written outside the folder or over another file."""

    message = "object {key!r} can't be written below {folder}: {reason}"
    hint = "rename the object, or download it alone: its address names one object then"
    code = "InvalidArgument"


class UnsafeFile(StoreError):
    """What stands in the folder is not a plain file of that folder."""

    message = "{path} can't be uploaded: {reason}"
    hint = "copy the content into the folder, or leave the entry out"
    code = "InvalidArgument"


class ObjectNotFound(StoreError):
    """No object of this name, or its newest version is a delete marker."""

    message = "s3://{bucket}/{key} does not exist"
    hint = "list what is there: the name is case-sensitive"
    code = "NoSuchKey"
    status = 404
    exit_code = 4


class VersionNotFound(StoreError):
    """The object has no version with this id."""

    message = "s3://{bucket}/{key} has no version {version!r}"
    hint = "list its versions"
    code = "NoSuchVersion"
    status = 404
    exit_code = 4


class IsDeleteMarker(StoreError):
    """A delete marker has no content to read or copy."""

    message = "version {version!r} of s3://{bucket}/{key} is a delete marker"
    hint = "ask for another version"
    code = "MethodNotAllowed"
    status = 405
    exit_code = 4


class PreconditionFailed(StoreError):
    """The object is not in the state that the caller named; nothing was changed."""

    message = "s3://{bucket}/{key} does not meet {condition}"
    hint = "read the object again and decide on what it is now"
    code = "PreconditionFailed"
    status = 412
    exit_code = 5


class NotModified(StoreError):
    """The reader already has this content."""

    message = "s3://{bucket}/{key} is unchanged"
    code = "NotModified"
    status = 304


class RangeUnsatisfiable(StoreError):
    """No byte of the object lies in the range."""

    message = "range {range!r} is outside the object's {size} bytes"
    hint = "ask for bytes below the object's size"
    code = "InvalidRange"
    status = 416


class UploadNotFound(StoreError):
    """The multipart upload is not open: never started, aborted, or completed."""

    message = "multipart upload {upload!r} of s3://{bucket}/{key} is not open"
    hint = "start a new upload"
    code = "NoSuchUpload"
    status = 404
    exit_code = 4


class PartInvalid(StoreError):
    """A named part was not uploaded, or was replaced since."""

    message = "part {number} is not there with etag {etag!r}"
    hint = "list the parts and complete with what they say, or upload the part again"
    code = "InvalidPart"


class PartOrder(StoreError):
    """Parts are named in ascending order."""

    message = "part {number} is named after part {before}"
    hint = "list parts in ascending order, each once"
    code = "InvalidPartOrder"


class PartTooSmall(StoreError):
    """Every part but the last has at least 5 MiB."""

    message = "part {number} has {size} bytes; every part but the last needs at least {minimum}"
    hint = "use larger parts"
    code = "EntityTooSmall"


class ChecksumMismatch(StoreError):
    """The bytes that arrived are not those that were sent; nothing was stored."""

    message = "{name} is {given!r} but the content has {found!r}"
    hint = "send the content again"
    code = "BadDigest"


class ChecksumRefused(StoreError):
    """An algorithm or a value that can't be checked."""

    message = "{name}: {value!r} is not a checksum that can be verified"
    hint = "use CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512 or MD5, in base64"
    code = "InvalidRequest"


class MetadataTooLarge(StoreError):
    """S3 allows 2 KB of user metadata."""

    message = "the metadata has {size} bytes, at most {limit} are allowed"
    hint = "put it into the object, or into an object beside it"
    code = "MetadataTooLarge"


class TagsRefused(StoreError):
    """Tags break S3's limits."""

    message = "tags refused: {reason}"
    hint = "at most 10 tags, keys of 1 to 128 and values of at most 256 characters"
    code = "InvalidTag"


class CopyRefused(StoreError):
    """An object copied onto itself with nothing changed."""

    message = "s3://{bucket}/{key} can't be copied onto itself without a change"
    hint = "replace its metadata, or name an older version as the source"
    code = "InvalidRequest"


class LifecycleNotFound(StoreError):
    """The bucket has no lifecycle rules."""

    message = "bucket {bucket!r} has no lifecycle configuration"
    code = "NoSuchLifecycleConfiguration"
    status = 404
    exit_code = 4


class LifecycleRefused(StoreError):
    """A rule that can't be kept as written."""

    message = "lifecycle rule {rule!r} refused: {reason}"
    hint = "change the rule; nothing of the configuration was stored"
    code = "InvalidArgument"


class StoreFull(StoreError):
    """The file system has no room. What was there before stays; nothing half-written is left."""

    message = "no space left for the object store at {path}: {reason}"
    hint = "free space on that file system, or remove old versions and collect garbage"
    code = "InsufficientStorage"
    status = 507
    exit_code = 1
