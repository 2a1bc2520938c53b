"""Captured records out of the store's files; lines that are none are counted and passed over."""

import io
import logging
from collections.abc import Iterator

from shipway.domain.capture import Record, decode_lines
from shipway.domain.store.object import ObjectVersion, StoreEvent
from shipway.targets.local.capture.packing import plain
from shipway.targets.local.home import Home
from shipway.targets.local.store import Store

log = logging.getLogger("shipway.quality")


def records(store: Store, home: Home, event: StoreEvent) -> Iterator[Record]:
    """Yield the records of the file that an event tells of; nothing when it has been deleted since."""
    body = store.read(event.bucket, event.key, event.version)
    malformed = 0
    with plain(io.BytesIO(body), event.key, home) as lines:
        for each in decode_lines(lines):
            if isinstance(each, Record):
                yield each
            else:
                malformed += 1
    if malformed:
        log.warning("%s: %d lines are no captured records", event.key, malformed)


def lines_of(store: Store, home: Home, version: ObjectVersion) -> bytes:
    """Return the lines of one finished file, unpacked."""
    with plain(io.BytesIO(store.read(version.bucket, version.key, version.version)), version.key, home) as lines:
        return b"".join(lines)
