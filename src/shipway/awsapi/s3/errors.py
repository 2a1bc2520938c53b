"""What the S3 API refuses before the store is asked. `code` is S3's word."""

from shipway.domain.store.errors import StoreError


class AccessDenied(StoreError):
    """Not signed, or signed in a way that proves too little."""

    message = "access denied: {reason}"
    hint = "sign the request with the store's access key"
    code = "AccessDenied"
    status = 403


class UnknownAccessKey(StoreError):
    """No secret belongs to this access key."""

    message = "the access key id {access_key!r} is not known"
    hint = "use the store's access key; AWS credentials of another profile don't work here"
    code = "InvalidAccessKeyId"
    status = 403


class SignatureMismatch(StoreError):
    """The signature was made with another secret, or the request was changed on its way."""

    message = "the request's signature does not match it"
    hint = "check the secret access key, and that no proxy changes signed headers"
    code = "SignatureDoesNotMatch"
    status = 403


class TimeSkewed(StoreError):
    """The request was signed too long ago, or in the future."""

    message = "the request was signed at {signed}, it is {now} here"
    hint = "set the client's clock"
    code = "RequestTimeTooSkewed"
    status = 403


class AuthorizationMalformed(StoreError):
    """The Authorization header can't be read."""

    message = "the Authorization header is malformed: {reason}"
    hint = "sign with AWS4-HMAC-SHA256 for the service s3"
    code = "AuthorizationHeaderMalformed"


class PresignMalformed(StoreError):
    """The signature's query parameters can't be read."""

    message = "the address's signature parameters are malformed: {reason}"
    hint = "make a new address; it may be valid for at most 7 days"
    code = "AuthorizationQueryParametersError"


class NotImplementedHere(StoreError):
    """S3 knows it, this store does not."""

    message = "{feature} is not implemented by this store"
    hint = "docs/object-store.md lists the operations that the local target has"
    code = "NotImplemented"
    status = 501


class NotAllowed(StoreError):
    """S3 has no such operation."""

    message = "{method} is not allowed on this resource"
    code = "MethodNotAllowed"
    status = 405


class MalformedXml(StoreError):
    """The body is not the XML that the operation expects."""

    message = "the body is not valid XML for this operation: {reason}"
    code = "MalformedXML"


class IncompleteBody(StoreError):
    """Fewer or more bytes arrived than were announced; nothing was stored."""

    message = "the body is incomplete: {reason}"
    hint = "send it again"
    code = "IncompleteBody"


class PayloadMismatch(StoreError):
    """The body is not the one that was signed; nothing was stored."""

    message = "the body's sha256 is {found}, {given} was signed"
    hint = "send it again"
    code = "XAmzContentSHA256Mismatch"


class InvalidDigest(StoreError):
    """A digest header has no digest in it."""

    message = "{name}: {value!r} is not a valid digest"
    code = "InvalidDigest"


class InvalidRequestArgument(StoreError):
    """A parameter has a value that makes no sense."""

    message = "{name} can't be {value!r}: {reason}"
    code = "InvalidArgument"


class MissingContentLength(StoreError):
    """S3 wants to know the size first."""

    message = "the request does not say how long its body is"
    hint = "send Content-Length"
    code = "MissingContentLength"
    status = 411


class TooLarge(StoreError):
    """A body above S3's limit."""

    message = "the body has {size} bytes, at most {limit} are allowed here"
    hint = "use a multipart upload"
    code = "EntityTooLarge"


class PathUnreadable(StoreError):
    """The address is not percent-encoded UTF-8."""

    message = "the address can't be read: {reason}"
    code = "InvalidURI"
