"""Operations on buckets."""

from starlette.responses import Response

from shipway.awsapi.s3.call import Call, empty, xml_response
from shipway.awsapi.s3.errors import MalformedXml, NotImplementedHere
from shipway.awsapi.s3.xml import parse, text
from shipway.domain.store.object import Versioning

OWNER = [("ID", "shipway"), ("DisplayName", "shipway")]
REGION = "us-east-1"


def list_buckets(call: Call) -> Response:
    """Answer with every bucket."""
    prefix = call.request.arg("prefix")
    found = [bucket for bucket in call.store.buckets() if bucket.name.startswith(prefix)]
    shown = [("Bucket", [("Name", bucket.name), ("CreationDate", bucket.created)]) for bucket in found]
    return xml_response("ListAllMyBucketsResult", [("Buckets", shown), ("Owner", OWNER)])


def create_bucket(call: Call) -> Response:
    """Make a bucket without versions, as S3 does; its region is this machine whatever the request says."""
    if call.body:
        parse(call.body, "CreateBucketConfiguration")
    bucket = call.store.add_bucket(call.request.bucket)
    return empty(headers={"Location": f"/{bucket.name}"})


def delete_bucket(call: Call) -> Response:
    """Remove an empty bucket."""
    call.store.delete_bucket(call.request.bucket)
    return empty(204)


def head_bucket(call: Call) -> Response:
    """Tell whether a bucket is there."""
    call.store.bucket(call.request.bucket)
    return empty(headers={"x-amz-bucket-region": REGION})


def get_location(call: Call) -> Response:
    """Answer with an empty constraint, which means S3's first region."""
    call.store.bucket(call.request.bucket)
    return xml_response("LocationConstraint", None)


def get_versioning(call: Call) -> Response:
    """Answer with the bucket's versioning; no status when it was never enabled."""
    versioning = call.store.bucket(call.request.bucket).versioning
    return xml_response("VersioningConfiguration", [("Status", versioning.value or None)])


def put_versioning(call: Call) -> Response:
    """Enable or suspend versioning."""
    document = parse(call.body, "VersioningConfiguration")
    if text(document, "MfaDelete", "Disabled") != "Disabled":
        raise NotImplementedHere(feature="MfaDelete")
    status = text(document, "Status")
    if status not in (Versioning.ENABLED.value, Versioning.SUSPENDED.value):
        raise MalformedXml(reason=f"Status is {status!r}, not Enabled or Suspended")
    call.store.set_versioning(call.request.bucket, Versioning(status))
    return empty()
