"""The rig: every implementation of the target's port, under the same cases.

A rig is a context manager that yields a target of the project `tiny`: nothing runs and nothing has run, its data is
uploaded, the model passes its gate, and production answers `test_target.ROW`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

import pytest

import tiny
from console_server import console
from fakes import FakeTarget
from shipway.ports.target import Target
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.wiring import Machine
from shipway.targets.remote.target import RemoteTarget, remote_target

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


@contextmanager
def remote(folder: Path) -> Iterator[Target]:
    """The target in memory behind a control plane: what the REST API and its client make of it."""
    behind = FakeTarget()
    with console(behind, behind.people) as browser:
        yield cast("Target", Switched(behind, remote_target(browser.url)))


class Switched:
    """A target elsewhere whose machine can be switched on and off, which its control plane cannot do itself."""

    def __init__(self, machine: FakeTarget, target: RemoteTarget) -> None:
        self._target = target
        self.up, self.down = machine.up, machine.down

    def __getattr__(self, name: str) -> object:
        return getattr(self._target, name)


TARGETS: dict[str, Rig] = {"memory": memory, "local": local, "remote": remote}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A target of the project `tiny`, on which nothing has run."""
    with TARGETS[request.param](tmp_path) as made:
        yield made
