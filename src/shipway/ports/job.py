"""What may be asked of whatever runs jobs. Each method's docstring is its contract."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from shipway.domain.job import JobRecord, JobRequest
from shipway.domain.values import JsonObject


class JobRunner(Protocol):
    """Jobs that go on whatever becomes of the process that started them."""

    def start(self, request: JobRequest, *, token: str = "") -> None:
        """Start a job, or attach to the one that the same token started under this name before.

        Raises JobNameTaken when another token or another request has the name, ImageNotFound, InvalidJob.
        """

    def wait(
        self, name: str, cancelled: threading.Event | None = None, progress: Callable[[JobRecord], None] = ...
    ) -> JobRecord:
        """Return the job's record once it has ended; it always ends, also when processes are killed.

        cancelled: when it is set the job is stopped. progress: called at each new stage. Raises JobNotFound.
        """

    def stop(self, name: str) -> None:
        """Ask a job to end: SIGTERM, then SIGKILL after the grace time; a finished one stays as it is.

        Returns at once, with the wish kept. Raises JobNotFound.
        """

    def get(self, name: str) -> JobRecord:
        """Return what is known of a job. Raises JobNotFound."""

    def describe(self, name: str) -> JsonObject:
        """Return the job as SageMaker's Describe operation tells it. Raises JobNotFound."""

    def list(self, limit: int = 100) -> Sequence[JobRecord]:
        """Return jobs, newest first."""

    def logs(self, name: str, follow: bool = False) -> Iterator[str]:
        """Yield the lines of a job's log, each after its time in UTC; with `follow` until the job ends.

        Raises JobNotFound.
        """
