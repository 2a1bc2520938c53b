"""The process that carries one job through, whatever becomes of the process that started it.

Run as `python -m shipway.targets.local.jobs.runner <folder of the job>`; safe to run again at any time: a finished job
stays as it is, a running one has its runner already, one whose program was never started is begun anew.
"""

import errno
import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.domain.job import (
    FAILURE,
    MESSAGE,
    REASON_LIMIT,
    JobKind,
    JobRecord,
    JobStage,
    JobStatus,
    Output,
    Transition,
    failure_reason,
    final_metrics,
)
from shipway.targets.local.images import Images
from shipway.targets.local.jobs import output, transfer
from shipway.targets.local.jobs.fallback import alone
from shipway.targets.local.jobs.folder import JobFolder
from shipway.targets.local.jobs.program import End, Limits, Program
from shipway.targets.local.jobs.serve import serving
from shipway.targets.local.sandbox import Mount, Sandbox, image_sandbox, support
from shipway.targets.local.store import Store

STOPPED_EARLY = "it was stopped before its program started"
ABANDONED = "the process that ran this job was killed, and its program ended with it"


class Run:
    """One job on its way, told to its folder at each stage."""

    def __init__(self, folder: JobFolder) -> None:
        self.folder = folder
        self.order = folder.read_order()
        self.request = self.order.request
        self.record = replace(folder.read_record(), status=JobStatus.IN_PROGRESS, warnings=self.request.warnings)
        self.log = output.Output(folder.log)
        self.end = End.ITSELF

    def carry(self) -> None:
        """Bring the job to its end: whatever happens, the last act is a final record."""
        try:
            reason = self._work()
        except Exception as error:  # noqa: BLE001 - a job without an end would be waited for for ever
            if not isinstance(error, ShipwayError | OSError):
                traceback.print_exc()
            reason = _told(error, self.folder.path)
        self.folder.clear()
        self._finish(reason)

    def _work(self) -> str:
        """Go through the stages; return why the job failed, or an empty text."""
        store = Store(self.order.home / "store")
        if self.folder.launched:
            return self._take_over(store)
        if self._stopped():
            return STOPPED_EARLY
        self.record = replace(self.record, transitions=())
        self._enter(JobStage.STARTING)
        transfer.check_places(store, self.request)
        sandbox = self._sandbox()
        transfer.lay_out(self.request, self.folder)
        for path, content in self.request.files.items():
            target = transfer.here(self.folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(content))
        self._enter(JobStage.DOWNLOADING)
        transfer.download(store, self.order, self.folder, self.log.say)
        if self._stopped():
            return STOPPED_EARLY
        reason = self._program(sandbox)
        self._enter(JobStage.UPLOADING)
        return self._upload(store, reason)

    def _take_over(self, store: Store) -> str:
        """Finish what a killed runner left: outputs of a program that ended well are kept, nothing is run twice."""
        self.folder.end_program()
        ended_well = self.record.stage is JobStage.UPLOADING and not self.record.failure_reason
        if ended_well:
            return self._upload(store, "")
        return "it was stopped" if self._stopped() else self.record.failure_reason or ABANDONED

    def _stopped(self) -> bool:
        """Whether the job shall end before its program starts."""
        self.end = End.STOPPED if self.folder.stop_asked else self.end
        return self.folder.stop_asked

    def _sandbox(self) -> Sandbox:
        """Return what to run, and where."""
        image = Images(self.order.home).get(self.request.image)
        command = self.request.command(image.entrypoint, image.cmd)
        mounts = [Mount(self.folder.ml, "/opt/ml", False), Mount(self.folder.scratch, "/tmp", False)]  # noqa: S108
        if self.request.kind is JobKind.TRANSFORM:
            command, shown = serving(image)
            mounts.append(shown)
        return image_sandbox(
            image,
            command,
            mounts=mounts,
            environment=self.request.environment,
            network="private" if self.request.isolated else "host",
            die_with_parent=True,
        )

    def _program(self, sandbox: Sandbox) -> str:
        """Run the program; return why it failed, or an empty text."""
        has = support()
        with ExitStack() as stack:
            if not has.namespaces:
                missing = stack.enter_context(alone(sandbox.mounts))
                self.log.say(f"no namespaces on this machine, one job runs at a time: {has.reason}")
                if missing:
                    self.log.say(f"a program that names these paths itself will not find them: {', '.join(missing)}")
            for warning in self.request.warnings:
                self.log.say(f"warning: {warning}")
            self.folder.note_launch()
            self._enter(JobStage.TRAINING)
            program = Program(sandbox, has, self.log, self.request.volume)
            self.folder.note_program(program.pid)
            code, self.end = program.run(self._limits(), lambda: self.folder.stop_asked)
        last = next((line for line in reversed(self.log.last_words) if line.strip()), "")
        self.log = output.Output(self.folder.log)
        reason = self._reason(code, last)
        self.record = replace(self.record, exit_code=code, failure_reason=reason)
        return reason

    def _limits(self) -> Limits:
        request = self.request
        places = (self.folder.ml, self.folder.scratch)
        return Limits(seconds=request.seconds, grace=self.order.grace, volume=request.volume, folders=places)

    def _reason(self, code: int, last: str) -> str:
        if self.end is End.STOPPED:
            return "it was stopped"
        if self.end is End.TIME:
            return f"the program ran longer than its limit of {self.request.seconds} s (MaxRuntimeInSeconds)"
        if self.end is End.VOLUME:
            return f"the program wrote more than its volume of {self.request.volume >> 30} GiB (VolumeSizeInGB)"
        if code == 0:
            return ""
        return failure_reason(self._text(FAILURE), code, last)

    def _text(self, path: str) -> str:
        """Return the start of a text that the program may have left."""
        try:
            with transfer.here(self.folder, path).open(errors="replace") as file:
                return file.read(REASON_LIMIT)
        except OSError:
            return ""

    def _upload(self, store: Store, reason: str) -> str:
        """Keep the outputs; what can't be kept fails the job, unless it has failed already."""
        stopped = self.end in (End.STOPPED, End.TIME) and self.request.kind is JobKind.TRAINING

        def wanted(place: Output) -> bool:
            return not reason or stopped or place.on_failure

        try:
            empty = transfer.upload(store, self.request, self.folder, wanted, self.log.say)
        except (ShipwayError, OSError) as error:
            if not reason:
                raise
            self.log.say(f"warning: {_told(error, self.folder.path)}")
            return reason
        if "model" in empty:
            self.log.say("warning: the program left nothing in /opt/ml/model: model.tar.gz is empty")
        message = self._text(MESSAGE) if self.request.kind is JobKind.PROCESSING else ""
        metrics = final_metrics(self.request.metrics, self._lines()) if self.request.metrics else {}
        self.record = replace(self.record, empty=empty, exit_message=message, metrics=metrics)
        return reason

    def _lines(self) -> Iterator[str]:
        with self.folder.log.open(errors="replace") as file:
            for line in file:
                yield line.partition(" ")[2].rstrip("\n")

    def _enter(self, stage: JobStage) -> None:
        transition = Transition(stage=stage, at=datetime.now(UTC))
        self.record = replace(self.record, transitions=(*self.record.transitions, transition))
        self.folder.write_record(self.record)

    def _finish(self, reason: str) -> None:
        status, stage = JobStatus.FAILED, JobStage.FAILED
        if not reason:
            status, stage = JobStatus.COMPLETED, JobStage.COMPLETED
        elif self.end is End.STOPPED:
            status, stage = JobStatus.STOPPED, JobStage.STOPPED
        elif self.end is End.TIME:
            status, stage = JobStatus.STOPPED, JobStage.MAX_RUNTIME_EXCEEDED
        if reason:
            self.log.say(reason)
        self.log.close(0)
        self.record = replace(self.record, status=status, failure_reason=reason)
        self._enter(stage)


def _told(error: Exception, folder: Path) -> str:
    """Return an error as a sentence."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space is left on the disk of {folder}"
    return str(error) if isinstance(error, ShipwayError) else f"{type(error).__name__}: {error}"


def run(path: Path) -> JobRecord:
    """Carry the job in `path` to its end unless it has one, or another process is at it; return what is known then."""
    folder = JobFolder(path)
    with folder.claim() as mine:
        if mine and not folder.read_record().status.final:
            folder.note_runner(os.getpid(), max(1, folder.runners))
            Run(folder).carry()
    return folder.read_record()


if __name__ == "__main__":
    run(Path(sys.argv[1]))
