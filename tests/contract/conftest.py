"""The rig: every implementation of the target's port, under the same cases.

A rig is a context manager that yields a target of the project `tiny`: nothing runs and nothing has run, its data is
uploaded, the model passes its gate, and production answers `test_target.ROW`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

import tiny
from fakes import FakeTarget
from shipway.ports.target import Target
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.wiring import Machine

Rig = Callable[[Path], AbstractContextManager[Target]]


@contextmanager
def memory(folder: Path) -> Iterator[Target]:
    """The target in memory."""
    yield FakeTarget()


@contextmanager
def local(folder: Path) -> Iterator[Target]:
    """This machine, with real processes."""
    project = tiny.write(folder / "tiny", deployment={"strategy": "all-at-once"})
    target = LocalTarget(Machine(project))
    target.put(str(project / "data"), "")
    try:
        yield target
    finally:
        target.down()


TARGETS: dict[str, Rig] = {"memory": memory, "local": local}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A target of the project `tiny`, on which nothing has run."""
    with TARGETS[request.param](tmp_path) as made:
        yield made
