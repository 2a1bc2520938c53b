"""Jobs of one home folder: started detached, found again by name, from any process."""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shipway.domain.job import (
    InvalidJob,
    JobKind,
    JobNameTaken,
    JobNotFound,
    JobRecord,
    JobRequest,
    JobStage,
    JobStatus,
    Transition,
)
from shipway.domain.job_description import describe
from shipway.domain.values import JsonObject
from shipway.targets.local.images import Images
from shipway.targets.local.images.environment import exclusive
from shipway.targets.local.jobs.folder import JobFolder, Order, sync_folder
from shipway.targets.local.store import Store

RUNNERS = 10  # processes that may die on one job before it is given up
GRACE = 120.0  # seconds between SIGTERM and SIGKILL, as SageMaker has it
Models = Callable[[str], tuple[str, str]]


def _untold(_record: JobRecord) -> None:
    """Tell nobody."""


class Jobs:
    """The jobs below `home/jobs`. What is started here goes on when this process ends.

    models: a model's name -> (image uri, s3 name of its archive), for transform jobs; raises when there is none.
    grace: seconds that a program has after SIGTERM.
    """

    def __init__(
        self, home: Path, images: Images, store: Store, *, models: Models | None = None, grace: float = GRACE
    ) -> None:
        self._home = home.resolve()
        self._folder = self._home / "jobs"
        self._images = images
        self._store = store
        self._models = models
        self._grace = grace
        self._children: set[int] = set()

    def start(self, request: JobRequest, *, token: str = "") -> None:
        """Start a job, or attach to the one of this name that the same asker has started before.

        token: the asker's own key for this start, such as the task's. Raises JobNameTaken when the name is in use by
        another token or request, ImageNotFound, InvalidJob.
        """
        folder = JobFolder(self._folder / request.name)
        if not folder.known:
            self._create(request, token, folder)
        order = folder.read_order()
        if order.token != token or order.request.document != request.document:
            raise JobNameTaken(job=request.name)
        self._ensure_runner(folder)

    def wait(
        self,
        name: str,
        cancelled: threading.Event | None = None,
        progress: Callable[[JobRecord], None] = _untold,
    ) -> JobRecord:
        """Return the job's record once it is final; a runner that was killed is replaced meanwhile.

        cancelled: when it is set the job is stopped, and waited for to its end. progress: called at each new stage.
        Raises JobNotFound.
        """
        folder = self._known(name)
        told = 0
        began = time.monotonic()
        while True:
            record = folder.read_record()
            if len(record.transitions) != told:
                told = len(record.transitions)
                progress(record)
            if record.status.final:
                self._reap()
                return record
            if cancelled is not None and cancelled.is_set() and not folder.stop_asked:
                self.stop(name)
            self._ensure_runner(folder)
            pause = 0.02 if time.monotonic() - began < 2 else 0.1
            if cancelled is None or cancelled.is_set():
                time.sleep(pause)
            else:
                cancelled.wait(pause)

    def stop(self, name: str) -> None:
        """Ask a job to end: SIGTERM to its program, SIGKILL after the grace time. A finished job stays as it is.

        The wish is kept first, so that it holds whichever process dies. Raises JobNotFound.
        """
        folder = self._known(name)
        if not folder.read_record().status.final:
            folder.ask_stop()
            self._ensure_runner(folder)

    def get(self, name: str) -> JobRecord:
        """Return what is known of a job. Raises JobNotFound."""
        return self._known(name).read_record()

    def request(self, name: str) -> JobRequest:
        """Return what a job was asked to do. Raises JobNotFound."""
        return self._known(name).read_order().request

    def describe(self, name: str) -> JsonObject:
        """Return the job as the service's Describe operation tells it. Raises JobNotFound."""
        folder = self._known(name)
        return describe(folder.read_order().request, folder.read_record(), datetime.now(UTC))

    def list(self, limit: int = 100) -> list[JobRecord]:
        """Return the newest jobs, newest first."""
        folders = [JobFolder(path) for path in self._folder.glob("[!.]*")] if self._folder.is_dir() else []
        records = [folder.read_record() for folder in folders if folder.known]
        return sorted(records, key=lambda record: record.created, reverse=True)[:limit]

    def logs(self, name: str, follow: bool = False) -> Iterator[str]:
        """Yield the lines of a job's log, each with its time; with `follow`, until the job ends. Raises JobNotFound."""
        folder = self._known(name)
        return _lines(folder, follow)

    def recover(self) -> int:
        """See that every unfinished job has a runner, as after a restart of the machine; return how many lacked one."""
        unfinished = [JobFolder(self._folder / record.name) for record in self.list(1 << 30) if not record.status.final]
        return sum(self._ensure_runner(folder) for folder in unfinished)

    def _create(self, request: JobRequest, token: str, folder: JobFolder) -> None:
        data = ""
        if request.kind is JobKind.TRANSFORM:
            if self._models is None:
                raise InvalidJob(job=request.name, problems="ModelName: there are no models here")
            image, data = self._models(request.model)
            request = replace(request, image=image)
        self._images.get(request.image)
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = JobFolder(Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder)))
        order = Order(
            request=request, token=token, created=datetime.now(UTC), home=self._home, grace=self._grace, data=data
        )
        try:
            draft.write_order(order)
            draft.path.rename(folder.path)
            sync_folder(self._folder)
        except OSError:
            if not folder.known:  # else another process was faster, and this one attaches
                raise
        finally:
            shutil.rmtree(draft.path, ignore_errors=True)

    def _known(self, name: str) -> JobFolder:
        folder = JobFolder(self._folder / name)
        if "/" in name or name.startswith(".") or not folder.known:
            raise JobNotFound(job=name)
        return folder

    def _ensure_runner(self, folder: JobFolder) -> bool:
        """Start a runner when the job needs one and has none; return whether it did."""
        self._reap()
        if folder.runner() is not None or folder.read_record().status.final:
            return False
        with exclusive(folder.path / "spawn.lock"):
            if folder.runner() is not None or folder.read_record().status.final:
                return False
            if folder.runners >= RUNNERS:
                _give_up(folder)
                return False
            pid = _spawn(folder)
            folder.note_runner(pid, folder.runners + 1)
        self._children.add(pid)
        return True

    def _reap(self) -> None:
        """Collect runners of this process that have ended, so that none stays behind as a zombie."""
        for pid in list(self._children):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    continue
            self._children.discard(pid)


def _give_up(folder: JobFolder) -> None:
    """End a job whose runners all died: something is wrong with this machine or this installation."""
    said = folder.runner_log.read_text(errors="replace").strip().splitlines()
    reason = (
        f"{RUNNERS} processes that should run it died, see {folder.runner_log}: {said[-1] if said else 'no output'}"
    )
    record = folder.read_record()
    ended = Transition(stage=JobStage.FAILED, at=datetime.now(UTC))
    transitions = (*record.transitions, ended)
    with folder.claim() as mine:
        if mine:
            folder.write_record(
                replace(record, status=JobStatus.FAILED, failure_reason=reason, transitions=transitions)
            )


def _spawn(folder: JobFolder) -> int:
    """Start the runner in a session of its own, so that no signal meant for this process reaches it; return its pid."""
    log = os.open(folder.runner_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", "shipway.targets.local.jobs.runner", str(folder.path)],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGINT, signal.SIGTERM, signal.SIGPIPE),
        )
    finally:
        os.close(log)


def _lines(folder: JobFolder, follow: bool) -> Iterator[str]:
    position, rest = 0, ""
    while True:
        final = folder.read_record().status.final
        with suppress(FileNotFoundError), folder.log.open(errors="replace", newline="\n") as file:
            file.seek(position)
            *lines, rest = (rest + file.read()).split("\n")
            position = file.tell()
            yield from lines
        if final or not follow:
            if rest:
                yield rest
            return
        time.sleep(0.1)
