"""The one place where staged content and the index's rows come together."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from shipway.targets.local.store.blobs import Blobs, Staging
from shipway.targets.local.store.index import Index


@contextmanager
def keeping(index: Index, blobs: Blobs, staged: Staging) -> Iterator[sqlite3.Connection]:
    """Yield a write transaction at whose end the finished content is in place, with the rows that the block wrote.

    When the commit fails, for want of room above all, the content goes again: it would take what room is left.
    """
    try:
        with index.write() as connection:
            yield connection
            blobs.keep(staged)
    except BaseException:
        # A transaction without changes needs no room.
        with index.write() as connection:
            if not referenced(connection, staged.sha256):
                blobs.remove(staged.sha256)
        raise


def referenced(connection: sqlite3.Connection, sha256: str) -> bool:
    """Tell whether a version or a part has this content."""
    query = "SELECT EXISTS (SELECT 1 FROM version WHERE sha256 = :s) OR EXISTS (SELECT 1 FROM part WHERE sha256 = :s)"
    return bool(connection.execute(query, {"s": sha256}).fetchone()[0])
