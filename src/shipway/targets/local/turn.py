"""Whose turn it is to change production: one deployment at a time, and one hand at a time on a release's parts."""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from shipway.domain.deployment import Phase
from shipway.domain.release import Release
from shipway.domain.workflow_execution import TaskFailed
from shipway.targets.local.deployment import Deployments, Record
from shipway.targets.local.home import Home
from shipway.targets.local.release import Ledger

Begun = TypeVar("Begun", bound="Record | None")
PAUSE_SECONDS = 0.05
NEWEST = 100  # deployments among which the open ones are: there is one at a time, and few begin in one moment


class Turns:
    """Locks of one home, which the kernel frees when their holder dies."""

    def __init__(self, home: Home, deployments: Deployments, ledger: Ledger) -> None:
        self._folder = home.root / "run" / "production"
        self._deployments = deployments
        self._ledger = ledger

    @contextmanager
    def holding(self, release: int, cancelled: threading.Event, meanwhile: Callable[[], None]) -> Iterator[None]:
        """Have a release's parts in production for the block alone; `meanwhile` is done each time they are not free."""
        path = self._path(f"release-{release}")
        while (handle := _locked(path)) is None:
            meanwhile()
            _wait(cancelled)
        try:
            yield
        finally:
            os.close(handle)

    @contextmanager
    def trying(self, release: int) -> Iterator[bool]:
        """Tell whether the release's parts are free; if so, they are held for the block."""
        handle = _locked(self._path(f"release-{release}"))
        try:
            yield handle is not None
        finally:
            if handle is not None:
                os.close(handle)

    def begin(
        self,
        deployment: str,
        cancelled: threading.Event,
        make: Callable[[Release | None], Begun],
        meanwhile: Callable[[], None],
    ) -> Begun:
        """Return what `make` begins with the live release, once no other deployment is open.

        deployment: the id that it will have; one that is open already was begun before a crash and does not wait.
        meanwhile: done each time another one is open.
        """
        while True:
            with self._deciding():
                if not [each for each in self.open() if each.deployment.id != deployment]:
                    self._catch_up()
                    return make(self._ledger.live())
            meanwhile()
            _wait(cancelled)

    def open(self) -> list[Record]:
        """Return the deployments that have not ended."""
        return [each for each in self._deployments.list(NEWEST) if not each.deployment.phase.final]

    def in_use(self, release: int) -> bool:
        """Tell whether production needs a release's parts: it is live, or a deployment is about it."""
        live = self._ledger.live()
        wanted = {version for each in self.open() for version in (each.deployment.new, each.deployment.old)}
        return (live is not None and live.number == release) or str(release) in wanted

    def _catch_up(self) -> None:
        """Write the newest deployment's success into the ledger, where that has not been done yet."""
        newest = next(iter(self._deployments.list(1)), None)
        if newest is not None and newest.deployment.phase is Phase.SUCCEEDED:
            self._ledger.went_live(newest.release, newest.deployment.sentence, newest.deployment.id)

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        handle = os.open(self._path("begin"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _path(self, name: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{name}.lock"


def _locked(path: Path) -> int | None:
    """Return the handle that holds a file's lock, None while another one does."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _wait(cancelled: threading.Event) -> None:
    if cancelled.wait(PAUSE_SECONDS):
        raise TaskFailed(error="Cancelled", cause="its execution was stopped before production changed")
