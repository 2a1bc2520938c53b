"""What a writer's headers say about an object."""

from urllib.parse import parse_qsl, unquote

from shipway.awsapi.s3.call import parse_http_date
from shipway.awsapi.s3.errors import InvalidRequestArgument
from shipway.awsapi.s3.request import S3Request
from shipway.domain.store.conditions import ReadConditions
from shipway.domain.store.name import check_bucket, check_key
from shipway.domain.store.object import DEFAULT_CONTENT_TYPE, Checksum, Put

KEPT_HEADERS = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
_META = "x-amz-meta-"


def put_of(request: S3Request, checksum: Checksum | None = None) -> Put:
    """Return the content type, metadata, tags and conditions of a write."""
    kept = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    encodings = [part.strip() for part in kept.get("content-encoding", "").split(",")]
    encoding = ",".join(part for part in encodings if part and part != "aws-chunked")
    kept.pop("content-encoding", None)
    if encoding:
        kept["content-encoding"] = encoding
    return Put(
        content_type=request.header("content-type") or DEFAULT_CONTENT_TYPE,
        metadata={n.removeprefix(_META): v for n, v in request.headers.items() if n.startswith(_META)},
        headers=kept,
        tags=dict(parse_qsl(request.header("x-amz-tagging") or "", keep_blank_values=True)),
        checksum=checksum,
        if_match=request.header("if-match"),
        if_none_match=request.header("if-none-match"),
    )


def read_conditions(request: S3Request, prefix: str = "") -> ReadConditions:
    """Return the conditions of a read; prefix: "x-amz-copy-source-" for those of a copy's source."""
    return ReadConditions(
        if_match=request.header(f"{prefix}if-match"),
        if_none_match=request.header(f"{prefix}if-none-match"),
        if_modified_since=parse_http_date(request.header(f"{prefix}if-modified-since")),
        if_unmodified_since=parse_http_date(request.header(f"{prefix}if-unmodified-since")),
    )


def copy_source(request: S3Request) -> tuple[str, str, str | None]:
    """Return bucket, key and version of the object to copy; raises InvalidRequestArgument, and for names as a put."""
    text = request.headers["x-amz-copy-source"]
    path, separator, version = text.partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise InvalidRequestArgument(name="x-amz-copy-source", value=text, reason="it is not /bucket/key")
    return check_bucket(bucket), check_key(key), unquote(version) if separator else None
