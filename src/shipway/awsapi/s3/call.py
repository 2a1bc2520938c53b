"""What an operation gets, and the small things that most of them answer with."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.responses import Response

from shipway.awsapi.s3.request import S3Request
from shipway.awsapi.s3.xml import Value, render
from shipway.domain.store.object import NULL_VERSION, Checksum, ObjectVersion, Versioning
from shipway.targets.local.store import Store
from shipway.targets.local.store.blobs import Staging


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authorized operation. body: a whole document. staged and checksum: a streamed object, already checked."""

    store: Store
    request: S3Request
    body: bytes = b""
    staged: Staging | None = None
    checksum: Checksum | None = None

    @property
    def version(self) -> str | None:
        """The version that the request names."""
        return self.request.optional("versionId")

    @property
    def content(self) -> Staging:
        """The streamed object of an operation that has one."""
        if self.staged is None:
            raise AssertionError("this operation was not given a streamed body")
        return self.staged


def xml_response(root: str, children: Value, headers: dict[str, str] | None = None) -> Response:
    """Return an XML document as the answer."""
    return Response(render(root, children), media_type="application/xml", headers=headers)


def empty(status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer without a body."""
    return Response(status_code=status, headers=headers)


def http_date(moment: datetime) -> str:
    """Return a time as HTTP headers have it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def parse_http_date(text: str | None) -> datetime | None:
    """Return a header's time; None when it is absent or can't be read, which HTTP says to ignore."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None


def version_header(call: Call, found: ObjectVersion) -> dict[str, str]:
    """Return x-amz-version-id, which S3 sends once a bucket has ever had versions."""
    if found.version == NULL_VERSION and call.store.bucket(found.bucket).versioning is Versioning.OFF:
        return {}
    return {"x-amz-version-id": found.version}


def checksum_headers(checksum: Checksum | None) -> dict[str, str]:
    """Return a kept checksum as headers."""
    if checksum is None:
        return {}
    return {f"x-amz-checksum-{checksum.algorithm.lower()}": checksum.value, "x-amz-checksum-type": checksum.kind}


def checksum_elements(checksum: Checksum | None) -> list[tuple[str, Value]]:
    """Return a kept checksum as XML elements."""
    if checksum is None:
        return []
    return [(f"Checksum{checksum.algorithm}", checksum.value), ("ChecksumType", checksum.kind)]
