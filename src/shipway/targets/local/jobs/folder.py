"""What is kept of a job: plain files in one folder, each written whole or not at all."""

import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from shipway.domain.job import JobKind, JobRecord, JobRequest, JobStage, JobStatus, Transition
from shipway.domain.job_request import job_request
from shipway.domain.values import Json, JsonObject

RESERVE = 64 * 1024  # bytes set aside so that a full disk can't keep the last record from being written


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request with what this target adds to it.

    token: who asked; the same token again attaches. home: the home folder, for the runner.
    grace: seconds between SIGTERM and SIGKILL. data: s3 name of the model archive that a transform job serves.
    """

    request: JobRequest
    token: str
    created: datetime
    home: Path
    grace: float
    data: str = ""


class JobFolder:
    """One job's folder below `home/jobs`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ml = path / "ml"
        self.scratch = path / "tmp"
        self.log = path / "log.txt"
        self.runner_log = path / "runner.log"

    @property
    def name(self) -> str:
        """The job's name."""
        return self.path.name

    @property
    def known(self) -> bool:
        """Whether this job was ever asked for."""
        return (self.path / "order.json").is_file()

    def read_order(self) -> Order:
        """Return what was asked for."""
        kept = json.loads((self.path / "order.json").read_text())
        request = job_request(JobKind(kept["kind"]), kept["document"])
        if kept["image"]:
            request = replace(request, image=kept["image"])
        return Order(
            request=request,
            token=kept["token"],
            created=datetime.fromisoformat(kept["created"]),
            home=self.path.parent.parent,
            grace=kept["grace"],
            data=kept["data"],
        )

    def write_order(self, order: Order) -> None:
        """Keep what was asked for, and set the reserve for the last record aside."""
        self._write(
            "order.json",
            {
                "kind": order.request.kind.value,
                "document": order.request.document,
                "image": order.request.image,
                "token": order.token,
                "created": order.created.isoformat(),
                "grace": order.grace,
                "data": order.data,
            },
        )
        (self.path / "reserve").write_bytes(b"\0" * RESERVE)

    def read_record(self) -> JobRecord:
        """Return what is known so far; before the runner has written anything, that it is starting."""
        try:
            kept = json.loads((self.path / "record.json").read_text())
        except FileNotFoundError:
            order = self.read_order()
            return JobRecord(
                name=self.name, kind=order.request.kind, status=JobStatus.IN_PROGRESS, created=order.created
            )
        record = _record(kept)
        stopping = self.stop_asked and record.status is JobStatus.IN_PROGRESS
        return replace(record, status=JobStatus.STOPPING) if stopping else record

    def write_record(self, record: JobRecord) -> None:
        """Keep what is known; the last record is the end of the job, on a full disk too."""
        if record.status.final:
            (self.path / "reserve").unlink(missing_ok=True)
        self._write("record.json", _kept(record))

    @property
    def stop_asked(self) -> bool:
        """Whether somebody wants the job to end."""
        return (self.path / "stop").exists()

    def ask_stop(self) -> None:
        """Note, for good, that the job shall end; a runner that is not there yet will read it."""
        self._write("stop", {})

    @property
    def launched(self) -> bool:
        """Whether the program was ever started: from then on the job is never begun anew."""
        return (self.path / "launched").exists()

    def note_launch(self) -> None:
        """Note that the program is about to start."""
        self._write("launched", {})

    def note_runner(self, pid: int, number: int) -> None:
        """Note which process runs the job, with its start time, since pids come back. number: 1 for the first one."""
        self._write("runner.json", {"pid": pid, "started": start_time(pid), "number": number})

    @property
    def runners(self) -> int:
        """How many processes have been started to run this job."""
        try:
            return int(json.loads((self.path / "runner.json").read_text())["number"])
        except FileNotFoundError:
            return 0

    def runner(self) -> int | None:
        """Return the runner's pid while it is alive, else None."""
        try:
            noted = json.loads((self.path / "runner.json").read_text())
        except FileNotFoundError:
            return None
        return int(noted["pid"]) if _lives(noted) else None

    def note_program(self, pid: int) -> None:
        """Note the program's process, which also leads its group, for whoever has to end it later."""
        self._write("program.json", {"pid": pid, "started": start_time(pid)})

    def end_program(self) -> None:
        """Kill a program that outlived its runner, with its group."""
        with suppress(FileNotFoundError, ProcessLookupError):
            noted = json.loads((self.path / "program.json").read_text())
            if _lives(noted):
                os.killpg(int(noted["pid"]), signal.SIGKILL)

    @contextmanager
    def claim(self) -> Iterator[bool]:
        """Hold the job for the block as its one runner; false when another process has it."""
        handle = os.open(self.path / "runner.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(handle)

    def clear(self) -> None:
        """Remove the program's own files; log and records stay."""
        for folder in (self.ml, self.scratch):
            remove_tree(folder)

    def _write(self, name: str, content: Mapping[str, Json]) -> None:
        draft = self.path / f".{name}.{os.getpid()}"
        try:
            with draft.open("w") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path / name)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(self.path)


def sync_folder(path: Path) -> None:
    """Make a rename in `path` survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lives(noted: dict[str, Any]) -> bool:
    """Return whether a noted process is still the one it was; one that had ended before it was noted never lived."""
    return bool(noted["started"]) and start_time(int(noted["pid"])) == str(noted["started"])


def start_time(pid: int) -> str:
    """Return when the kernel started a process, in its own ticks; empty when there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]


def remove_tree(folder: Path) -> None:
    """Remove a folder that a program filled, also where it took rights away from itself."""
    for path, _, _ in os.walk(folder):
        with suppress(OSError):
            Path(path).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _kept(record: JobRecord) -> JsonObject:
    return {
        "name": record.name,
        "kind": record.kind.value,
        "status": record.status.value,
        "created": record.created.isoformat(),
        "transitions": [[step.stage.value, step.at.isoformat()] for step in record.transitions],
        "exit_code": record.exit_code,
        "failure_reason": record.failure_reason,
        "exit_message": record.exit_message,
        "empty": list(record.empty),
        "metrics": dict(record.metrics),
        "warnings": list(record.warnings),
    }


def _record(kept: JsonObject) -> JobRecord:
    fields: dict[str, object] = dict(kept)
    fields["kind"] = JobKind(str(kept["kind"]))
    fields["status"] = JobStatus(str(kept["status"]))
    fields["created"] = datetime.fromisoformat(str(kept["created"]))
    steps: list[list[str]] = kept["transitions"]  # type: ignore[assignment]
    fields["transitions"] = tuple(Transition(stage=JobStage(s), at=datetime.fromisoformat(at)) for s, at in steps)
    for name in ("empty", "warnings"):
        fields[name] = tuple(fields[name])  # type: ignore[arg-type]
    return JobRecord(**fields)  # type: ignore[arg-type]
