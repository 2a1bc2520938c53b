"""Captured records out of the store's files; lines that are none are counted and passed over."""

import gzip
import logging
from collections.abc import Iterator

from shipway.domain.capture import Record, decode_lines
from shipway.domain.store.object import StoreEvent
from shipway.targets.local.store import Store

log = logging.getLogger("shipway.quality")


def records(store: Store, event: StoreEvent) -> Iterator[Record]:
    """Yield the records of the file that an event tells of; nothing when it has been deleted since."""
    body = store.read(event.bucket, event.key, event.version)
    if event.key.endswith(".gz"):
        body = gzip.decompress(body)
    malformed = 0
    for each in decode_lines(body.splitlines()):
        if isinstance(each, Record):
            yield each
        else:
            malformed += 1
    if malformed:
        log.warning("%s: %d lines are no captured records", event.key, malformed)
