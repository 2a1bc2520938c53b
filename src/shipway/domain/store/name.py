"""Bucket names, object keys and s3:// addresses, and the file names that keys may become."""

import re
from collections.abc import Sequence

from shipway.domain.store.errors import BucketNameRefused, KeyRefused, KeyTooLong, UnsafeKey, UriRefused

KEY_LIMIT = 1024
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")


def check_bucket(name: str) -> str:
    """Return the name when S3's rules allow it; raises BucketNameRefused."""
    if not _BUCKET.fullmatch(name):
        raise BucketNameRefused(bucket=name, reason="its length or a character is not allowed")
    if ".." in name or ".-" in name or "-." in name:
        raise BucketNameRefused(bucket=name, reason="a dot stands beside a dot or hyphen")
    if _ADDRESS.fullmatch(name):
        raise BucketNameRefused(bucket=name, reason="it looks like an IP address")
    return name


def check_key(key: str) -> str:
    """Return the key when it can name an object; raises KeyRefused, KeyTooLong."""
    if not key:
        raise KeyRefused(key=key, reason="it is empty")
    if "\0" in key:
        raise KeyRefused(key=key, reason="it has a NUL character")
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise KeyRefused(key=key, reason="it is not valid Unicode") from None
    if size > KEY_LIMIT:
        raise KeyTooLong(key=key[:60] + "...", reason=f"{size} bytes are more than {KEY_LIMIT}")
    return key


def parse_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key (or prefix, perhaps empty) of s3://bucket/key; raises UriRefused, BucketNameRefused."""
    scheme, separator, rest = uri.partition("://")
    if scheme != "s3" or not separator:
        raise UriRefused(uri=uri, reason="it does not start with s3://")
    bucket, _, key = rest.partition("/")
    if not bucket:
        raise UriRefused(uri=uri, reason="it names no bucket")
    return check_bucket(bucket), key


def relative_parts(key: str, prefix: str, folder: str) -> tuple[str, ...]:
    """Return the path below a folder, in pieces, that the key has behind the prefix.

    Raises UnsafeKey for a key that would be absolute, climb out, or name the same file as another key.
    A key is an opaque string: "a//b" and "a/./b" are objects of their own, though one file to the system.
    """
    pieces = key[len(prefix) :].removesuffix("/").split("/")
    if ".." in pieces:
        raise UnsafeKey(key=key, folder=folder, reason="it climbs out with '..'")
    if not pieces[0]:
        raise UnsafeKey(key=key, folder=folder, reason="it would be an absolute path")
    if "" in pieces or "." in pieces:
        raise UnsafeKey(key=key, folder=folder, reason="it has an empty or '.' piece, so two keys could be one file")
    if any(len(piece.encode()) > 255 for piece in pieces):
        raise UnsafeKey(key=key, folder=folder, reason="a piece is longer than the 255 bytes of a file name")
    return tuple(pieces)


def check_no_clash(keys: Sequence[str], folder: str) -> None:
    """Raise UnsafeKey when one key is a file where another needs a folder."""
    files = {key for key in keys if not key.endswith("/")}
    for key in keys:
        above = key.rstrip("/") if key.endswith("/") else key.rpartition("/")[0]
        while above:
            if above in files:
                raise UnsafeKey(key=above, folder=folder, reason=f"it is a file, and a folder for {key!r}")
            above = above.rpartition("/")[0]


def covers(prefix: str, key: str) -> bool:
    """Tell whether the key lies below the prefix, taken as a folder: "data" covers "data/x", not "data2/x"."""
    return not prefix or key.startswith(prefix if prefix.endswith("/") else prefix + "/")
