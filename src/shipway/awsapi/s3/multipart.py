"""Multipart uploads."""

import os
from xml.etree.ElementTree import Element

from starlette.responses import Response

from shipway.awsapi.s3.buckets import OWNER
from shipway.awsapi.s3.call import Call, checksum_elements, checksum_headers, empty, version_header, xml_response
from shipway.awsapi.s3.errors import InvalidRequestArgument, MalformedXml
from shipway.awsapi.s3.put_of import copy_source, put_of, read_conditions
from shipway.awsapi.s3.xml import Value, parse, text
from shipway.domain.store.checksum import ALGORITHMS
from shipway.domain.store.errors import ChecksumRefused, RangeUnsatisfiable
from shipway.domain.store.multipart import NamedPart
from shipway.domain.store.name import check_key
from shipway.domain.store.object import Checksum, ObjectVersion, Upload
from shipway.domain.store.ranges import byte_range
from shipway.targets.local.store.blobs import STEP, Staging

_PART_LIMIT = 10000


def create_upload(call: Call) -> Response:
    """Open an upload; what the client says of the object is kept until it completes."""
    request = call.request
    checksum = _wanted(request.header("x-amz-checksum-algorithm"), request.header("x-amz-checksum-type"))
    upload = call.store.multipart.create(request.bucket, check_key(request.key), put_of(request, checksum))
    headers = {}
    if checksum:
        headers = {"x-amz-checksum-algorithm": checksum.algorithm, "x-amz-checksum-type": checksum.kind}
    result = [("Bucket", request.bucket), ("Key", request.key), ("UploadId", upload)]
    return xml_response("InitiateMultipartUploadResult", result, headers)


def upload_part(call: Call) -> Response:
    """Keep one streamed part."""
    upload = _upload(call)
    part = call.store.multipart.put_part(upload, _number(call), call.content, call.checksum)
    return empty(headers={"ETag": f'"{part.etag}"', **_part_checksum(part.checksum)})


def upload_part_copy(call: Call) -> Response:
    """Keep one part whose content is (a range of) an object of the store."""
    request, upload, number = call.request, _upload(call), _number(call)
    found, file = call.store.open(*copy_source(request))
    wanted = upload.put.checksum
    try:
        read_conditions(request, "x-amz-copy-source-").check_copy(found)
        first, last = _copied_span(call, found)
        with call.store.blobs.stage((wanted.algorithm,) if wanted else ()) as staged:
            _copy(file, staged, first, last)
            checksum = staged.checksum(wanted.algorithm) if wanted else None
            part = call.store.multipart.put_part(upload, number, staged, checksum)
    finally:
        os.close(file)
    result: list[tuple[str, Value]] = [("LastModified", part.modified), ("ETag", f'"{part.etag}"')]
    if part.checksum:
        result.append((f"Checksum{part.checksum.algorithm}", part.checksum.value))
    headers = {} if found.version == "null" else {"x-amz-copy-source-version-id": found.version}
    return xml_response("CopyPartResult", result, headers)


def complete_upload(call: Call) -> Response:
    """Put the named parts together; asked again after a lost answer, gives that answer again."""
    request = call.request
    upload_id = request.arg("uploadId")
    added = call.store.multipart.completed(request.bucket, request.key, upload_id)
    if added is None:
        upload = _upload(call)
        wanted = upload.put.checksum
        given = request.header(f"x-amz-checksum-{wanted.algorithm.lower()}") if wanted else None
        named = [_named(element) for element in parse(call.body, "CompleteMultipartUpload").findall("Part")]
        if not named:
            raise MalformedXml(reason="no part is named")
        added = call.store.complete(upload, named, given, put_of(request))
    result: list[tuple[str, Value]] = [
        ("Location", f"/{added.bucket}/{added.key}"),
        ("Bucket", added.bucket),
        ("Key", added.key),
        ("ETag", f'"{added.etag}"'),
        *checksum_elements(added.checksum),
    ]
    return xml_response("CompleteMultipartUploadResult", result, version_header(call, added))


def abort_upload(call: Call) -> Response:
    """Close an upload and forget its parts."""
    call.store.multipart.abort(call.request.bucket, call.request.key, call.request.arg("uploadId"))
    return empty(204)


def list_parts(call: Call) -> Response:
    """Answer with a page of an upload's parts."""
    request, upload = call.request, _upload(call)
    marker = request.number("part-number-marker", 0, _PART_LIMIT)
    limit = request.number("max-parts", 1000, 1000)
    found = call.store.multipart.parts(upload, marker, limit + 1)
    shown, truncated = found[:limit], len(found) > limit > 0
    wanted = upload.put.checksum
    parts: list[tuple[str, Value]] = []
    for part in shown:
        checksum = [(f"Checksum{part.checksum.algorithm}", part.checksum.value)] if part.checksum else []
        about: list[tuple[str, Value]] = [("PartNumber", part.number), ("LastModified", part.modified)]
        parts.append(("Part", [*about, ("ETag", f'"{part.etag}"'), ("Size", part.size), *checksum]))
    return xml_response(
        "ListPartsResult",
        [
            ("Bucket", upload.bucket),
            ("Key", upload.key),
            ("UploadId", upload.id),
            ("PartNumberMarker", marker),
            ("NextPartNumberMarker", shown[-1].number if shown else marker),
            ("MaxParts", limit),
            ("IsTruncated", truncated),
            ("Initiator", OWNER),
            ("Owner", OWNER),
            ("StorageClass", "STANDARD"),
            ("ChecksumAlgorithm", wanted.algorithm if wanted else None),
            ("ChecksumType", wanted.kind if wanted else None),
            *parts,
        ],
    )


def _upload(call: Call) -> Upload:
    return call.store.multipart.get(call.request.bucket, call.request.key, call.request.arg("uploadId"))


def _number(call: Call) -> int:
    number = call.request.number("partNumber", 0, _PART_LIMIT + 1)
    if not 1 <= number <= _PART_LIMIT:
        value = call.request.arg("partNumber")
        raise InvalidRequestArgument(name="partNumber", value=value, reason="it is 1 to 10000")
    return number


def _wanted(algorithm: str | None, kind: str | None) -> Checksum | None:
    if algorithm is None:
        return None
    algorithm = algorithm.upper()
    default = "FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE"
    if algorithm not in ALGORITHMS or (kind or default) not in ("FULL_OBJECT", "COMPOSITE"):
        raise ChecksumRefused(name="x-amz-checksum-algorithm", value=f"{algorithm} {kind or ''}".strip())
    return Checksum(algorithm=algorithm, value="", kind=kind or default)


def _named(element: Element) -> NamedPart:
    number = text(element, "PartNumber")
    if not (number.isascii() and number.isdigit()):
        raise MalformedXml(reason=f"part number {number!r}")
    checksum = next((child.text or "" for child in element if child.tag.startswith("Checksum")), "")
    return NamedPart(number=int(number), etag=text(element, "ETag"), checksum=checksum.strip())


def _part_checksum(checksum: Checksum | None) -> dict[str, str]:
    return {name: value for name, value in checksum_headers(checksum).items() if name != "x-amz-checksum-type"}


def _copied_span(call: Call, found: ObjectVersion) -> tuple[int, int]:
    given = call.request.header("x-amz-copy-source-range")
    if given is None:
        return 0, found.size - 1
    span = byte_range(given, found.size)
    if span is None or not given.endswith(f"-{span[1]}"):
        raise RangeUnsatisfiable(range=given, size=found.size)
    return span


def _copy(file: int, staged: Staging, first: int, last: int) -> None:
    while first <= last:
        data = os.pread(file, min(STEP, last + 1 - first), first)
        if not data:
            raise OSError(f"a blob ended {last + 1 - first} bytes early")
        staged.write(data)
        first += len(data)
