"""A request as the S3 API sees it: bucket, key, parameters and headers, apart from its body."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, unquote_to_bytes

from starlette.types import Scope

from shipway.awsapi.s3.errors import InvalidRequestArgument, PathUnreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Request:
    """What the request line and the headers say.

    path: as sent, percent-encoded, with any mount prefix. mount: that prefix. bucket and key: empty where the address
    has none. query: (name, value) pairs, decoded. headers: names in lower case, repeated ones joined by ",".
    """

    method: str
    path: str
    bucket: str
    key: str
    mount: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def arg(self, name: str, default: str = "") -> str:
        """Return a query parameter's first value."""
        return next((value for found, value in self.query if found == name), default)

    def has(self, name: str) -> bool:
        """Tell whether a query parameter is there, also without a value."""
        return any(found == name for found, _ in self.query)

    def optional(self, name: str) -> str | None:
        """Return a query parameter's value; None when it is absent or empty."""
        return self.arg(name) or None

    def header(self, name: str) -> str | None:
        """Return a header by its lower-case name."""
        return self.headers.get(name)

    def number(self, name: str, default: int, most: int) -> int:
        """Return a query parameter as a whole number 0..most (larger ones are cut); raises InvalidRequestArgument."""
        text = self.arg(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit()):
            raise InvalidRequestArgument(name=name, value=text, reason="it is not a whole number of 0 or more")
        return min(int(text), most)


def read_request(scope: Scope) -> S3Request:
    """Return the request of an ASGI scope; raises PathUnreadable."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    mount = scope.get("root_path", "")
    below = path.removeprefix(mount).removeprefix("/")
    bucket, _, key = below.partition("/")
    return S3Request(
        method=scope["method"],
        path=path,
        bucket=_decoded(bucket),
        key=_decoded(key),
        mount=mount,
        query=_query(scope["query_string"].decode("latin-1")),
        headers=_headers(scope["headers"]),
    )


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode()
    except UnicodeDecodeError as error:
        raise PathUnreadable(reason=str(error)) from None


def _query(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (piece.partition("=") for piece in text.split("&") if piece)
    try:
        return tuple((unquote_plus(n, errors="strict"), unquote_plus(v, errors="strict")) for n, _, v in pairs)
    except UnicodeDecodeError as error:
        raise PathUnreadable(reason=str(error)) from None


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers
