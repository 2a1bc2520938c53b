"""What keeps a store small: garbage collection and lifecycle rules."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from shipway.domain.store.errors import LifecycleNotFound
from shipway.domain.store.lifecycle import LifecycleRule, due, stale
from shipway.domain.store.listing import Page, Position, Query
from shipway.domain.store.object import Collected, ObjectVersion, Upload
from shipway.targets.local.store import buckets, listing, objects
from shipway.targets.local.store.blobs import Blobs
from shipway.targets.local.store.index import Index
from shipway.targets.local.store.keeping import referenced

_BATCH = 100


def collect(index: Index, blobs: Blobs) -> Collected:
    """Remove contents that no version and no part refers to, and the staged files of dead writers.

    Looks first without a lock, then again and for good in short write transactions: see `blobs` for why this is safe.
    """
    leftovers = blobs.sweep()
    count = size = 0
    for names in _batches(_unreferenced(index, blobs.names())):
        with index.write() as connection:
            for name in names:
                removed = None if referenced(connection, name) else blobs.remove(name)
                count += removed is not None
                size += removed or 0
    return Collected(blobs=count, size=size, leftovers=leftovers)


def expire(index: Index, now: datetime) -> int:
    """Apply every bucket's lifecycle rules as of `now`; return how many versions, markers and uploads changed."""
    with index.read() as connection:
        names = [bucket.name for bucket in buckets.every(connection)]
    return sum(_expire_bucket(index, name, now) for name in names)


def _expire_bucket(index: Index, bucket: str, now: datetime) -> int:
    with index.read() as connection:
        try:
            rules = buckets.lifecycle(connection, bucket)
        except LifecycleNotFound:
            return 0
    changed = 0
    for keys in _batches(_due_keys(index, bucket, rules, now)):
        with index.write() as connection:
            for key in keys:
                # Decided again: the key may have been written since it was listed.
                found = listing.history(connection, bucket, key)
                expires, removed = due(rules, found, now) if found else (False, ())
                for version in removed:
                    objects.remove(connection, bucket, key, version.version, objects.EXPIRED[0])
                if expires:
                    done = objects.delete(connection, bucket, key, kinds=objects.EXPIRED)
                    changed += bool(done.version)
                changed += len(removed)
    return changed + _abort_stale(index, bucket, rules, now)


def _abort_stale(index: Index, bucket: str, rules: Sequence[LifecycleRule], now: datetime) -> int:
    with index.write() as connection:
        opened: Page[Upload] = listing.uploads(connection, bucket, Position(), Query(limit=2**31))
        old = [upload.id for upload in opened.items if stale(rules, upload, now)]
        connection.executemany("DELETE FROM upload WHERE id = ?", [(upload,) for upload in old])
    return len(old)


def _due_keys(index: Index, bucket: str, rules: Sequence[LifecycleRule], now: datetime) -> Iterator[str]:
    for key, versions in itertools.groupby(_every_version(index, bucket), lambda version: version.key):
        expires, removed = due(rules, list(versions), now)
        if expires or removed:
            yield key


def _every_version(index: Index, bucket: str) -> Iterator[ObjectVersion]:
    start: Position | None = Position()
    while start is not None:
        with index.read() as connection:
            found = listing.versions(connection, bucket, start, Query())
        yield from found.items
        last = found.items[-1] if found.truncated else None
        start = Position(key=last.key, inclusive=False, within=last.version) if last else None


def _unreferenced(index: Index, names: Iterable[str]) -> Iterator[str]:
    for batch in _batches(names):
        with index.read() as connection:
            free = [name for name in batch if not referenced(connection, name)]
        yield from free


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    source = iter(values)
    while batch := list(itertools.islice(source, _BATCH)):
        yield batch
