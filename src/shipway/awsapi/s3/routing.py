"""Which S3 operation a request is: a table, decided without touching the store."""

from shipway.awsapi.s3.errors import NotAllowed, NotImplementedHere
from shipway.awsapi.s3.request import S3Request

# Query parameters that choose another operation on the same address, as S3 has them; we have only some.
SUBRESOURCES = frozenset({
    "abac", "accelerate", "acl", "analytics", "annotation", "attributes", "cors", "delete", "encryption",
    "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location", "logging", "metadataAnnotationTable",
    "metadataConfiguration", "metadataInventoryTable", "metadataJournalTable", "metadataTable", "metrics",
    "notification", "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject",
    "replication", "requestPayment", "restore", "retention", "select", "session", "tagging", "torrent", "uploadId",
    "uploads", "versioning", "versions", "website",
})  # fmt: skip
UNSUPPORTED_HEADERS = ("x-amz-server-side-encryption-customer-", "x-amz-object-lock-", "x-amz-website-redirect-")

_SERVICE = {("GET", ""): "ListBuckets"}
_BUCKET = {
    ("PUT", ""): "CreateBucket",
    ("DELETE", ""): "DeleteBucket",
    ("HEAD", ""): "HeadBucket",
    ("GET", ""): "ListObjects",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "versioning"): "GetBucketVersioning",
    ("PUT", "versioning"): "PutBucketVersioning",
    ("GET", "lifecycle"): "GetBucketLifecycleConfiguration",
    ("PUT", "lifecycle"): "PutBucketLifecycleConfiguration",
    ("DELETE", "lifecycle"): "DeleteBucketLifecycle",
    ("GET", "versions"): "ListObjectVersions",
    ("GET", "uploads"): "ListMultipartUploads",
    ("POST", "delete"): "DeleteObjects",
}
_OBJECT = {
    ("PUT", ""): "PutObject",
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
    ("DELETE", ""): "DeleteObject",
    ("GET", "tagging"): "GetObjectTagging",
    ("PUT", "tagging"): "PutObjectTagging",
    ("DELETE", "tagging"): "DeleteObjectTagging",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploadId"): "ListParts",
}
_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}


def operation(request: S3Request) -> str:
    """Return the operation's name; raises NotImplementedHere for what S3 has and we have not, NotAllowed."""
    for name in request.headers:
        if name.startswith(UNSUPPORTED_HEADERS):
            raise NotImplementedHere(feature=f"the header {name}")
    table = _OBJECT if request.key else _BUCKET if request.bucket else _SERVICE
    chosen = sorted({name for name, _ in request.query} & SUBRESOURCES)
    if len(chosen) > 1:
        raise NotImplementedHere(feature=f"{' and '.join(chosen)} together")
    subresource = chosen[0] if chosen else ""
    found = table.get((request.method, subresource))
    if found is None:
        if subresource or request.method == "POST":
            raise NotImplementedHere(feature=f"{request.method} ?{subresource}")
        raise NotAllowed(method=request.method)
    if found == "ListObjects" and request.arg("list-type") == "2":
        return "ListObjectsV2"
    return _COPIES.get(found, found) if request.header("x-amz-copy-source") is not None else found
