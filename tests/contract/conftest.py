"""The rig: every implementation of the target's port, under the same cases.

A rig is a context manager that yields a target of the project `tiny`: nothing runs and nothing has run, its data is
uploaded, the model passes its gate, and production answers `test_target.ROW`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from fakes import FakeTarget
from shipway.ports.target import Target

Rig = Callable[[Path], AbstractContextManager[Target]]


@contextmanager
def memory(folder: Path) -> Iterator[Target]:
    """The target in memory."""
    yield FakeTarget()


TARGETS: dict[str, Rig] = {"memory": memory}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A target of the project `tiny`, on which nothing has run."""
    with TARGETS[request.param](tmp_path) as made:
        yield made
