"""A new store with a bucket "data" that keeps versions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shipway.targets.local.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store")
    store.create_bucket("data")
    yield store
    store.close()
