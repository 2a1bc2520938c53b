"""A running engine with the machine's clock, and one with a clock that the test moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bench import Bench, FakeClock


@pytest.fixture
def journal(home: Path) -> Path:
    """Where the engine keeps everything."""
    return home / "shipway.db"


@pytest.fixture
def bench(journal: Path) -> Iterator[Bench]:
    """A running engine."""
    with Bench(journal) as bench:
        yield bench


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def still(journal: Path, clock: FakeClock) -> Iterator[Bench]:
    """A running engine whose time moves only with `clock`."""
    with Bench(journal, clock=clock) as bench:
        yield bench
