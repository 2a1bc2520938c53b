"""Conditional requests: may this write happen, does the reader need the content?"""

from dataclasses import dataclass, replace
from datetime import datetime

from shipway.domain.store.errors import NotModified, ObjectNotFound, PreconditionFailed
from shipway.domain.store.object import ObjectVersion, Put


def etag_matches(header: str, etag: str) -> bool:
    """Tell whether a list of etags, as a header has them (quoted, weak, "*"), names this one."""
    names = {name.strip().removeprefix("W/").strip('"') for name in header.split(",")}
    return "*" in names or etag in names


def check_write(
    bucket: str, key: str, current: ObjectVersion | None, conditions: tuple[str | None, str | None]
) -> None:
    """Raise when a write's condition does not hold.

    current: the newest version, which counts as absent when it is a delete marker.
    conditions: (if_match, if_none_match). Raises PreconditionFailed; ObjectNotFound for if_match without an object.
    """
    if_match, if_none_match = conditions
    there = current if current is not None and not current.delete_marker else None
    if if_none_match is not None and there is not None and etag_matches(if_none_match, there.etag):
        raise PreconditionFailed(bucket=bucket, key=key, condition=f"If-None-Match: {if_none_match}")
    if if_match is None:
        return
    if there is None:
        raise ObjectNotFound(bucket=bucket, key=key)
    if not etag_matches(if_match, there.etag):
        raise PreconditionFailed(bucket=bucket, key=key, condition=f"If-Match: {if_match}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConditions:
    """The four conditions of a read, or of a copy's source; None where not given. Times have whole seconds."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None

    def check(self, found: ObjectVersion) -> None:
        """Raise PreconditionFailed or NotModified when the content is not to be sent (RFC 9110, section 13.2.2).

        An etag condition that is given decides alone; the date beside it is then not looked at.
        """
        modified = found.modified.replace(microsecond=0)
        if self.if_match is not None:
            if not etag_matches(self.if_match, found.etag):
                raise _failed(found, f"If-Match: {self.if_match}")
        elif self.if_unmodified_since is not None and modified > self.if_unmodified_since:
            raise _failed(found, "If-Unmodified-Since")
        if self.if_none_match is not None:
            if etag_matches(self.if_none_match, found.etag):
                raise NotModified(bucket=found.bucket, key=found.key)
        elif self.if_modified_since is not None and modified <= self.if_modified_since:
            raise NotModified(bucket=found.bucket, key=found.key)

    def check_copy(self, found: ObjectVersion) -> None:
        """Raise PreconditionFailed where a read would also answer "not modified": a copy has no such answer."""
        try:
            self.check(found)
        except NotModified:
            raise _failed(found, "the copy source's condition") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """What a copy takes from its source. conditions: of the source."""

    keep_metadata: bool = True
    keep_tags: bool = True
    conditions: ReadConditions = ReadConditions()

    def resolve(self, own: Put, found: ObjectVersion) -> Put:
        """Return what the copy says of itself: `own`, with what is kept of the source in place of its own."""
        kept = replace(own, checksum=found.checksum)
        if self.keep_metadata:
            kept = replace(kept, content_type=found.content_type, metadata=found.metadata, headers=found.headers)
        return replace(kept, tags=found.tags) if self.keep_tags else kept


def _failed(found: ObjectVersion, condition: str) -> PreconditionFailed:
    return PreconditionFailed(bucket=found.bucket, key=found.key, condition=condition)
