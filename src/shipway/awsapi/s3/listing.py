"""Listings of objects, versions and uploads."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from shipway.awsapi.s3.buckets import OWNER
from shipway.awsapi.s3.call import Call, xml_response
from shipway.awsapi.s3.errors import InvalidRequestArgument
from shipway.awsapi.s3.xml import Value
from shipway.domain.store.listing import Page, Position, Query, after_marker
from shipway.domain.store.object import ObjectVersion

Encode = Callable[[str], str]


def list_objects(call: Call) -> Response:
    """Answer with a page of objects behind a marker (version 1 of the operation)."""
    request, query, encode = call.request, _query(call, "max-keys"), _encoder(call)
    marker = request.arg("marker")
    found = call.store.page(request.bucket, after_marker(marker, query) if marker else Position(), query)
    following = encode(_name(found.last)) if found.truncated and query.delimiter else None
    return xml_response(
        "ListBucketResult",
        [
            *_head(call, query, encode),
            ("Marker", encode(marker)),
            ("NextMarker", following),
            ("MaxKeys", query.limit),
            ("IsTruncated", found.truncated),
            *(("Contents", _object(item, encode, with_owner=True)) for item in found.items),
            *_prefixes(found, encode),
        ],
    )


def list_objects_v2(call: Call) -> Response:
    """Answer with a page of objects behind a token, or a key."""
    request, query, encode = call.request, _query(call, "max-keys"), _encoder(call)
    token, start_after = request.optional("continuation-token"), request.arg("start-after")
    start: Position | None = Position()
    if token:
        start = after_marker(_read_token(token), query)
    elif start_after:
        start = Position(key=start_after, inclusive=False)
    found = call.store.page(request.bucket, start, query)
    with_owner = request.arg("fetch-owner") == "true"
    return xml_response(
        "ListBucketResult",
        [
            *_head(call, query, encode),
            ("StartAfter", encode(start_after) if start_after else None),
            ("ContinuationToken", token),
            ("NextContinuationToken", _token(_name(found.last)) if found.truncated else None),
            ("KeyCount", len(found.items) + len(found.prefixes)),
            ("MaxKeys", query.limit),
            ("IsTruncated", found.truncated),
            *(("Contents", _object(item, encode, with_owner=with_owner)) for item in found.items),
            *_prefixes(found, encode),
        ],
    )


def list_versions(call: Call) -> Response:
    """Answer with a page of versions and delete markers."""
    request, query, encode = call.request, _query(call, "max-keys"), _encoder(call)
    key, version = request.arg("key-marker"), request.arg("version-id-marker")
    found = call.store.version_page(request.bucket, _start(key, version, query), query)
    last = found.last if found.truncated else None
    return xml_response(
        "ListVersionsResult",
        [
            *_head(call, query, encode),
            ("KeyMarker", encode(key)),
            ("VersionIdMarker", version),
            ("NextKeyMarker", encode(_name(last)) if last else None),
            ("NextVersionIdMarker", last.version if isinstance(last, ObjectVersion) else None),
            ("MaxKeys", query.limit),
            ("IsTruncated", found.truncated),
            *(_version(item, encode) for item in found.items),
            *_prefixes(found, encode),
        ],
    )


def list_uploads(call: Call) -> Response:
    """Answer with a page of open multipart uploads."""
    request, query, encode = call.request, _query(call, "max-uploads"), _encoder(call)
    key, upload = request.arg("key-marker"), request.arg("upload-id-marker")
    found = call.store.upload_page(request.bucket, _start(key, upload, query), query)
    last = found.last if found.truncated else None
    shown = [
        [
            ("Key", encode(item.key)),
            ("UploadId", item.id),
            ("Initiator", OWNER),
            ("Owner", OWNER),
            ("StorageClass", "STANDARD"),
            ("Initiated", item.started),
        ]
        for item in found.items
    ]
    return xml_response(
        "ListMultipartUploadsResult",
        [
            ("Bucket", request.bucket),
            *_head(call, query, encode)[1:],
            ("KeyMarker", encode(key)),
            ("UploadIdMarker", upload),
            ("NextKeyMarker", encode(_name(last)) if last else None),
            ("NextUploadIdMarker", None if last is None or isinstance(last, str) else last.id),
            ("MaxUploads", query.limit),
            ("IsTruncated", found.truncated),
            *(("Upload", item) for item in shown),
            *_prefixes(found, encode),
        ],
    )


def _query(call: Call, limit: str) -> Query:
    request = call.request
    return Query(
        prefix=request.arg("prefix"), delimiter=request.arg("delimiter"), limit=request.number(limit, 1000, 1000)
    )


def _encoder(call: Call) -> Encode:
    encoding = call.request.arg("encoding-type")
    if encoding not in ("", "url"):
        raise InvalidRequestArgument(name="encoding-type", value=encoding, reason="it is url or absent")
    return (lambda text: quote(text, safe="/-_.~*")) if encoding else str


def _start(key: str, within: str, query: Query) -> Position | None:
    if not key:
        if within:
            raise InvalidRequestArgument(name="version-id-marker", value=within, reason="it needs a key-marker")
        return Position()
    return Position(key=key, inclusive=False, within=within) if within else after_marker(key, query)


def _head(call: Call, query: Query, encode: Encode) -> list[tuple[str, Value]]:
    return [
        ("Name", call.request.bucket),
        ("Prefix", encode(query.prefix)),
        ("Delimiter", encode(query.delimiter) if query.delimiter else None),
        ("EncodingType", call.request.optional("encoding-type")),
    ]


def _object(item: ObjectVersion, encode: Encode, *, with_owner: bool) -> list[tuple[str, Value]]:
    checksum: list[tuple[str, Value]] = []
    if item.checksum:
        checksum = [("ChecksumAlgorithm", item.checksum.algorithm), ("ChecksumType", item.checksum.kind)]
    return [
        ("Key", encode(item.key)),
        ("LastModified", item.modified),
        ("ETag", f'"{item.etag}"'),
        *checksum,
        ("Size", item.size),
        ("StorageClass", "STANDARD"),
        ("Owner", OWNER if with_owner else None),
    ]


def _version(item: ObjectVersion, encode: Encode) -> tuple[str, Value]:
    common: list[tuple[str, Value]] = [
        ("Key", encode(item.key)),
        ("VersionId", item.version),
        ("IsLatest", item.latest),
        ("LastModified", item.modified),
        ("Owner", OWNER),
    ]
    if item.delete_marker:
        return "DeleteMarker", common
    return "Version", [*common, ("ETag", f'"{item.etag}"'), ("Size", item.size), ("StorageClass", "STANDARD")]


def _prefixes(found: Page[Any], encode: Encode) -> Iterable[tuple[str, Value]]:
    return (("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in found.prefixes)


def _name(last: Any) -> str:
    """Return the key or common prefix that a page ends with."""
    return last if isinstance(last, str) else last.key if last is not None else ""


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([name]).encode()).decode()


def _read_token(token: str) -> str:
    try:
        name = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        name = None
    if not isinstance(name, list) or len(name) != 1 or not isinstance(name[0], str):
        raise InvalidRequestArgument(name="continuation-token", value=token, reason="it is not from this store")
    return name[0]
