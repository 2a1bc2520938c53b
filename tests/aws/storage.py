"""S3 of the account in memory: buckets of versions."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from botocore.response import StreamingBody

from aws.account import Account, Refusal

SMALL = 5 << 20
MADE = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Storage:
    """buckets: name -> key -> contents, oldest first; None is a delete marker. page: names in one listing at most."""

    buckets: dict[str, dict[str, list[bytes | None]]] = field(default_factory=dict)
    page: int = 1000
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)

    def into(self, account: Account) -> "Storage":
        """Serve S3 in an account."""
        account.serves |= {
            "s3.PutObject": self._put,
            "s3.GetObject": self._get,
            "s3.HeadObject": self._head,
            "s3.HeadBucket": lambda asked: self._bucket(asked) and {},
            "s3.ListObjectsV2": self._list,
            "s3.ListObjectVersions": self._versions,
            "s3.DeleteObjects": self._delete,
            "s3.CopyObject": self._copy,
            "s3.CreateMultipartUpload": self._begin,
            "s3.UploadPartCopy": self._part,
            "s3.CompleteMultipartUpload": self._complete,
            "s3.AbortMultipartUpload": lambda asked: self.uploads.pop(asked["UploadId"]) and {},
        }
        return self

    def put(self, bucket: str, key: str, content: bytes | str) -> None:
        """Store an object."""
        data = content.encode() if isinstance(content, str) else content
        self.buckets.setdefault(bucket, {}).setdefault(key, []).append(data)

    def text(self, bucket: str, key: str) -> str:
        """Return an object's newest content."""
        return self._newest(bucket, key).decode()

    def keys(self, bucket: str) -> list[str]:
        """Return the keys that have an object."""
        return sorted(key for key, versions in self.buckets[bucket].items() if versions[-1] is not None)

    def _bucket(self, asked: Mapping[str, Any]) -> dict[str, list[bytes | None]]:
        if asked["Bucket"] not in self.buckets:
            raise Refusal("NoSuchBucket", status=404, BucketName=asked["Bucket"])
        return self.buckets[asked["Bucket"]]

    def _newest(self, bucket: str, key: str) -> bytes:
        found = self._bucket({"Bucket": bucket}).get(key, [None])[-1]
        if found is None:
            raise Refusal("NoSuchKey", f"{bucket}/{key}", status=404)
        return found

    def _put(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        versions = self._bucket(asked).setdefault(asked["Key"], [])
        if asked.get("IfNoneMatch") == "*" and versions and versions[-1] is not None:
            raise Refusal("PreconditionFailed", status=412)
        body = asked.get("Body", b"")
        versions.append(body if isinstance(body, bytes) else body.read())
        return {"ETag": self._etag(versions[-1] or b""), "VersionId": str(len(versions))}

    def _get(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        content = _ranged(self._newest(asked["Bucket"], asked["Key"]), asked.get("Range", ""))
        return {"Body": StreamingBody(io.BytesIO(content), len(content)), "ContentLength": len(content)}

    def _head(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        content = self._newest(asked["Bucket"], asked["Key"])
        versions = self.buckets[asked["Bucket"]][asked["Key"]]
        return {
            "ContentLength": len(content),
            "ETag": self._etag(content),
            "LastModified": MADE,
            "VersionId": str(len(versions)),
        }

    def _copy(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        source = asked["CopySource"]
        content = self._newest(source["Bucket"], source["Key"])
        self._bucket(asked).setdefault(asked["Key"], []).append(content)
        return {}

    def _begin(self, _: dict[str, Any]) -> Mapping[str, Any]:
        upload = f"upload-{len(self.uploads) + 1}"
        self.uploads[upload] = {}
        return {"UploadId": upload}

    def _part(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        bucket, _, key = unquote(asked["CopySource"]).partition("/")
        content = self._newest(bucket, key)
        if "CopySourceRange" in asked and len(content) <= SMALL:
            raise Refusal("InvalidRequest", "a range is copied of objects above 5 MiB alone")
        part = _ranged(content, asked.get("CopySourceRange", ""))
        self.uploads[asked["UploadId"]][asked["PartNumber"]] = part
        return {"CopyPartResult": {"ETag": self._etag(part)}}

    def _complete(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        parts = self.uploads.pop(asked["UploadId"])
        numbers = [each["PartNumber"] for each in asked["MultipartUpload"]["Parts"]]
        self._bucket(asked).setdefault(asked["Key"], []).append(b"".join(parts[number] for number in numbers))
        return {}

    def _list(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        found, prefix = self._bucket(asked), asked.get("Prefix", "")
        after = asked.get("ContinuationToken") or asked.get("StartAfter", "")
        names = [key for key in self.keys(asked["Bucket"]) if key.startswith(prefix) and key > after]
        if "Delimiter" in asked:
            return _folders(names, prefix, asked["Delimiter"])
        names, rest = names[: self.page], names[self.page :]
        contents = [
            {
                "Key": key,
                "Size": len(found[key][-1] or b""),
                "ETag": self._etag(found[key][-1] or b""),
                "LastModified": MADE,
            }
            for key in names
        ]
        more = {"NextContinuationToken": names[-1]} if rest else {}
        return {"Contents": contents, "KeyCount": len(contents), "IsTruncated": bool(rest)} | more

    def _versions(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        versions, markers = [], []
        for key, contents in sorted(self._bucket(asked).items()):
            for number, content in enumerate(contents, 1):
                told = {"Key": key, "VersionId": str(number), "LastModified": MADE, "IsLatest": number == len(contents)}
                (markers if content is None else versions).append(told)
        return {"Versions": versions, "DeleteMarkers": markers, "IsTruncated": False}

    def _delete(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        found = self._bucket(asked)
        for each in asked["Delete"]["Objects"]:
            if "VersionId" in each:
                found.pop(each["Key"], None)  # tests delete all versions of a key or none
            else:
                found[each["Key"]].append(None)
        return {}

    @staticmethod
    def _etag(content: bytes) -> str:
        return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _folders(names: list[str], prefix: str, delimiter: str) -> Mapping[str, Any]:
    """Return a listing of what the names have in common below a prefix; tests have no names beside them."""
    below = dict.fromkeys(prefix + name.removeprefix(prefix).partition(delimiter)[0] + delimiter for name in names)
    return {"CommonPrefixes": [{"Prefix": each} for each in below], "KeyCount": len(below), "IsTruncated": False}


def _ranged(content: bytes, span: str) -> bytes:
    """Return the bytes that "bytes=0-99" asks for, all of them without one."""
    if not span:
        return content
    first, _, last = span.removeprefix("bytes=").partition("-")
    if int(first) >= len(content):
        raise Refusal("InvalidRange", status=416)
    return content[int(first) : int(last) + 1]
