"""Operations on one object."""

import os

from starlette.responses import Response

from shipway.awsapi.s3.call import (
    Call,
    checksum_elements,
    checksum_headers,
    empty,
    http_date,
    version_header,
    xml_response,
)
from shipway.awsapi.s3.content import FileSlice
from shipway.awsapi.s3.errors import InvalidRequestArgument, MalformedXml
from shipway.awsapi.s3.put_of import copy_source, put_of, read_conditions
from shipway.awsapi.s3.xml import Value, parse, text
from shipway.domain.store.conditions import Copying
from shipway.domain.store.errors import StoreError
from shipway.domain.store.object import ObjectVersion
from shipway.domain.store.ranges import byte_range, part_range

_OVERRIDES = ("content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding")


def put_object(call: Call) -> Response:
    """Store the streamed content as the newest version."""
    request = call.request
    put = put_of(request, call.checksum)
    added = call.store.commit(request.bucket, request.key, call.content, put)
    return empty(headers={"ETag": f'"{added.etag}"', **version_header(call, added), **checksum_headers(added.checksum)})


def get_object(call: Call) -> Response:
    """Answer with the content, or a range of it."""
    found, file = call.store.open(call.request.bucket, call.request.key, call.version, read_conditions(call.request))
    try:
        span, headers = _described(call, found)
    except BaseException:
        os.close(file)
        raise
    return FileSlice(file, span, status=206 if "Content-Range" in headers else 200, headers=headers)


def head_object(call: Call) -> Response:
    """Answer with what `get_object` would, without the content."""
    found = call.store.head(call.request.bucket, call.request.key, call.version)
    read_conditions(call.request).check(found)
    (first, last), headers = _described(call, found)
    headers["Content-Length"] = str(last - first + 1)
    return empty(206 if "Content-Range" in headers else 200, headers)


def delete_object(call: Call) -> Response:
    """Delete the object, or one version of it."""
    request = call.request
    done = call.store.delete(request.bucket, request.key, call.version, if_match=request.header("if-match"))
    headers = {"x-amz-version-id": done.version} if done.version and done.version != "null" else {}
    if done.delete_marker:
        headers |= {"x-amz-delete-marker": "true", "x-amz-version-id": done.version}
    return empty(204, headers)


def delete_objects(call: Call) -> Response:
    """Delete up to 1000 objects; each one succeeds or fails by itself."""
    document = parse(call.body, "Delete")
    quiet = text(document, "Quiet") == "true"
    named = document.findall("Object")
    if not 1 <= len(named) <= 1000:
        raise MalformedXml(reason=f"{len(named)} objects are named, 1 to 1000 are allowed")
    call.store.bucket(call.request.bucket)
    results: list[tuple[str, Value]] = []
    for element in named:
        # The key is taken as it stands: white space is part of it.
        key, version = element.findtext("Key") or "", text(element, "VersionId") or None
        name, result = _delete_one(call, key, version, text(element, "ETag") or None)
        if name == "Error" or not quiet:
            results.append((name, result))
    return xml_response("DeleteResult", results)


def copy_object(call: Call) -> Response:
    """Make a copy, with the source's metadata or new one."""
    request = call.request
    directive = request.headers.get("x-amz-metadata-directive", "COPY")
    if directive not in ("COPY", "REPLACE"):
        raise InvalidRequestArgument(name="x-amz-metadata-directive", value=directive, reason="it is COPY or REPLACE")
    own = put_of(request)
    source, added = call.store.copy(
        copy_source(request),
        (request.bucket, request.key),
        own,
        Copying(
            keep_metadata=directive == "COPY",
            keep_tags=request.headers.get("x-amz-tagging-directive", "COPY") == "COPY",
            conditions=read_conditions(request, "x-amz-copy-source-"),
        ),
    )
    headers = version_header(call, added)
    if source.version != "null":
        headers["x-amz-copy-source-version-id"] = source.version
    result: list[tuple[str, Value]] = [("LastModified", added.modified), ("ETag", f'"{added.etag}"')]
    return xml_response("CopyObjectResult", result + checksum_elements(added.checksum), headers)


def _delete_one(call: Call, key: str, version: str | None, if_match: str | None) -> tuple[str, list[tuple[str, Value]]]:
    try:
        done = call.store.delete(
            call.request.bucket, key, version, if_match=if_match and f'"{if_match.strip(chr(34))}"'
        )
    except StoreError as error:
        return "Error", [("Key", key), ("VersionId", version), ("Code", error.code), ("Message", str(error))]
    result: list[tuple[str, Value]] = [("Key", key), ("VersionId", version)]
    if done.delete_marker:
        result += [("DeleteMarker", True), ("DeleteMarkerVersionId", done.version)]
    return "Deleted", result


def _described(call: Call, found: ObjectVersion) -> tuple[tuple[int, int], dict[str, str]]:
    """Return (first, last) byte inclusive and the headers of a read; raises RangeUnsatisfiable."""
    request = call.request
    headers = {
        "ETag": f'"{found.etag}"',
        "Last-Modified": http_date(found.modified),
        "Accept-Ranges": "bytes",
        "Content-Type": found.content_type,
        **found.headers,
        **{f"x-amz-meta-{name}": value for name, value in found.metadata.items()},
        **version_header(call, found),
    }
    for name in _OVERRIDES:
        override = request.optional(f"response-{name}")
        if override is not None:
            headers = {known: value for known, value in headers.items() if known.lower() != name} | {name: override}
    if found.tags:
        headers["x-amz-tagging-count"] = str(len(found.tags))
    span = _span(call, found, headers)
    if span is not None:
        headers["Content-Range"] = f"bytes {span[0]}-{span[1]}/{found.size}"
    elif request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        headers |= checksum_headers(found.checksum)
    return span or (0, found.size - 1), headers


def _span(call: Call, found: ObjectVersion, headers: dict[str, str]) -> tuple[int, int] | None:
    number = call.request.number("partNumber", 0, 10000)
    if number:
        if found.parts:
            headers["x-amz-mp-parts-count"] = str(len(found.parts))
        span = part_range(found.parts, number, found.size)
        return span if found.size else None
    given = call.request.header("range")
    return byte_range(given, found.size) if given else None
