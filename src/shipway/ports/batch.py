"""Batches: a release's model asked for every record of some objects. The docstrings are the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shipway.domain.batch import BatchRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """One batch as people see it.

    status: queued, running, succeeded, failed or stopped. progress: what it does now, "file 2 of 5: rows.csv ...".
    output: where its files are or will be. reason: why it failed, with the file and the line where there is one.
    """

    name: str
    status: str
    release: int
    input: str
    output: str
    started: datetime
    ended: datetime | None = None
    progress: str = ""
    reason: str = ""
    files: tuple[str, ...] = ()

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self.status not in ("queued", "running")


class Batches(Protocol):
    """Runs batches, one after the other."""

    def start(self, request: BatchRequest, *, by: str) -> BatchView:
        """Start one; it goes on when the caller ends, and after a crash.

        Raises BatchInvalid, BatchInputMissing, BatchNeedsRelease, ReleaseNotFound.
        """

    def list(self, limit: int = 20) -> Sequence[BatchView]:
        """Return batches, newest first."""

    def get(self, name: str) -> BatchView:
        """Return one with the files that it has written; "latest" names the newest. Raises BatchNotFound."""

    def stop(self, name: str, *, by: str) -> BatchView:
        """Stop one and its job. Raises BatchNotFound, ExecutionFinished."""
