"""Who sent a request, and what its signature says about the body."""

from dataclasses import dataclass, field
from datetime import datetime

from shipway.awsapi.s3 import sigv2, sigv4
from shipway.awsapi.s3.errors import AccessDenied
from shipway.awsapi.s3.request import S3Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorized:
    """A request whose signature holds.

    payload: sha256 of the body in hex, UNSIGNED-PAYLOAD, or one of the STREAMING- forms.
    signer: checks signed chunks; None where the signature's version has none.
    headers: what the address carries in place of headers.
    """

    payload: str
    signer: sigv4.Signer | None
    headers: dict[str, str] = field(default_factory=dict)


def authorize(request: S3Request, credentials: sigv4.Credentials, now: datetime) -> Authorized:
    """Return what the signature covers; raises AccessDenied when there is none, and as the versions' verifiers do."""
    if request.header("authorization") is not None:
        signer = sigv4.verify_header(request, credentials, now)
        return Authorized(payload=request.headers["x-amz-content-sha256"], signer=signer)
    if request.has("X-Amz-Signature"):
        signer = sigv4.verify_presigned(request, credentials, now)
        return Authorized(payload=request.header("x-amz-content-sha256") or sigv4.UNSIGNED, signer=signer)
    if request.has("AWSAccessKeyId"):
        sigv2.verify_presigned(request, credentials, now)
        amz = {name: value for name, value in request.query if name.startswith("x-amz-")}
        return Authorized(payload=sigv4.UNSIGNED, signer=None, headers=amz)
    raise AccessDenied(reason="the request is not signed")
