"""Presigned addresses in AWS Signature Version 2: what plain boto3 makes for S3 unless told otherwise."""

import base64
import hashlib
import hmac
from datetime import datetime

from shipway.awsapi.s3.errors import AccessDenied, PresignMalformed, SignatureMismatch, UnknownAccessKey
from shipway.awsapi.s3.request import S3Request
from shipway.awsapi.s3.sigv4 import Credentials

# The parameters that version 2 signs; any other can be changed by whoever holds the address.
_SIGNED = {
    "acl", "cors", "defaultObjectAcl", "delete", "lifecycle", "location", "logging", "notification", "partNumber",
    "policy", "requestPayment", "response-cache-control", "response-content-disposition", "response-content-encoding",
    "response-content-language", "response-content-type", "response-expires", "restore", "tagging", "torrent",
    "uploadId", "uploads", "versionId", "versioning", "versions", "website", "replication", "accelerate",
    "analytics", "inventory", "metrics", "object-lock", "retention", "legal-hold", "select", "select-type",
}  # fmt: skip
_OWN = {"AWSAccessKeyId", "Signature", "Expires"}


def verify_presigned(request: S3Request, credentials: Credentials, now: datetime) -> None:
    """Return when the address is signed and still valid; for reading, writing and removing one object only.

    now: aware. Raises UnknownAccessKey, SignatureMismatch, AccessDenied, PresignMalformed.
    """
    access_key, expires = request.arg("AWSAccessKeyId"), request.arg("Expires")
    if not expires.isdigit():
        raise PresignMalformed(reason="Expires is not a time in seconds")
    secret = credentials(access_key)
    if secret is None:
        raise UnknownAccessKey(access_key=access_key)
    expected = hmac.new(secret.encode(), string_to_sign(request, expires).encode("latin-1"), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(expected), request.arg("Signature").encode()):
        raise SignatureMismatch
    if now.timestamp() > int(expires):
        raise AccessDenied(reason="the address has expired")
    loose = [name for name, _ in request.query if name not in _SIGNED | _OWN and not name.startswith("x-amz-")]
    if loose and loose != ["x-id"]:
        raise AccessDenied(reason=f"version 2 does not sign these parameters: {', '.join(loose)}")


def string_to_sign(request: S3Request, expires: str) -> str:
    """Return the text that version 2 signs for an address; expires: seconds since 1970."""
    amz = {name: value for name, value in request.headers.items() if name.startswith("x-amz-")}
    # boto3 moves what would be x-amz- headers into the query, and signs them there as if they were headers.
    amz |= {name: value for name, value in request.query if name.startswith("x-amz-")}
    signed = sorted((name, value) for name, value in request.query if name in _SIGNED)
    resource = request.path.removeprefix(request.mount)  # version 2 signs /bucket/key, wherever the API is mounted
    if signed:
        resource += "?" + "&".join(f"{name}={value}" if value else name for name, value in signed)
    lines = [
        request.method,
        request.header("content-md5") or "",
        request.header("content-type") or "",
        expires,
        *(f"{name}:{' '.join(value.split())}" for name, value in sorted(amz.items())),
        resource,
    ]
    return "\n".join(lines)
