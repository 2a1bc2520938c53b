"""Fixtures of the tests that run real jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A workshop whose jobs are stopped at the end, whatever the test did."""
    shop = Workshop(tmp_path)
    yield shop
    shop.close()
