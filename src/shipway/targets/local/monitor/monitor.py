"""The monitor of this machine: each window's captures go through the analysis job, and what it finds is told."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shipway.domain import names
from shipway.domain.drift import Analysis, read_analysis
from shipway.domain.errors import ShipwayError
from shipway.domain.job import JobKind, JobNameTaken, JobStatus
from shipway.domain.job_request import job_request
from shipway.domain.monitor import (
    NothingToAnalyse,
    Places,
    RunStatus,
    Window,
    analysis_request,
    due,
    next_end,
)
from shipway.domain.project import Project
from shipway.domain.release import Release
from shipway.domain.store.object import ObjectVersion
from shipway.ports.monitor import DriftView, MonitorRun
from shipway.targets.local.home import Home
from shipway.targets.local.jobs import Jobs
from shipway.targets.local.monitor.inputs import LATE, captured, put_baseline, put_files, put_window, remove
from shipway.targets.local.monitor.runs import MonitorRuns
from shipway.targets.local.monitor.tell import record, tell
from shipway.targets.local.notify import Inbox
from shipway.targets.local.store import Store
from shipway.targets.local.telemetry import Telemetry

GRACE = timedelta(minutes=2)  # beyond the time in which captured records become files
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
log = logging.getLogger("shipway.monitor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the monitor works with.

    project: as its file defines it now. live: the live release. image: the analyzer's image, built where it is new.
    read: a captured file's lines, unpacked.
    """

    home: Home
    store: Store
    jobs: Jobs
    inbox: Inbox
    telemetry: Telemetry
    project: Callable[[], Project]
    live: Callable[[], Release | None]
    image: Callable[[], str]
    read: Callable[[ObjectVersion], bytes]


class LocalMonitor:
    """See `ports.monitor.Monitor`; `tick` is the control plane's."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    @property
    def _runs(self) -> MonitorRuns:
        return MonitorRuns(self._tools.home)

    def latest(self) -> DriftView:
        run = self._runs.newest()
        if run is None:
            raise NothingToAnalyse(problem="no window has been analysed yet")
        return self._view(run)

    def runs(self, limit: int = 24) -> Sequence[MonitorRun]:
        return self._runs.list(limit)

    def analyse(self, window: Window | None = None, *, by: str) -> DriftView:
        now = datetime.now(UTC)
        project, release = self._tools.project(), self._tools.live()
        if release is None:
            raise NothingToAnalyse(problem="no release is live")
        window = window or Window(start=now - HOUR, end=now)
        run = self._begin(project, release, window, f"a{self._tools.home.next_number('analysis')}", asked=True)
        log.info("%s asked for an analysis from %s to %s", by, window.start, window.end)
        return self._view(self._perform(project, release, run, None))

    def tick(self, now: datetime, cancelled: threading.Event | None = None) -> None:
        """Analyse every window that is due, oldest first. May be killed anywhere and called again."""
        project, release = self._tools.project(), self._tools.live()
        if not project.monitoring.enabled or release is None or release.live_since is None:
            return
        done = self._runs.done(release.number)
        for window in due(project.monitoring.every, release.live_since, done, now, _grace(project)):
            if cancelled is not None and cancelled.is_set():
                return
            run = self._begin(project, release, window, f"{window.start:%Y%m%d%H}", asked=False)
            ended = self._perform(project, release, run, cancelled)
            log.info("%s to %s: %s", window.start, window.end, ended.sentence)

    def _begin(self, project: Project, release: Release, window: Window, name: str, *, asked: bool) -> MonitorRun:
        return self._runs.begin(
            MonitorRun(
                id=names.monitor_job(project.name, release.number, name),
                release=release.number,
                endpoint=names.prod_endpoint(project.name, release.number),
                start=window.start,
                end=window.end,
                status=RunStatus.RUNNING,
                verdict="",
                sentence="",
                began=datetime.now(UTC),
                asked=asked,
            )
        )

    def _perform(
        self, project: Project, release: Release, run: MonitorRun, cancelled: threading.Event | None
    ) -> MonitorRun:
        """Return a run that has ended, also one that another process had begun."""
        try:
            ended, read = self._analysed(project, release, run, cancelled)
        except ShipwayError as error:
            ended, read = replace(run, status=RunStatus.FAILED, verdict="inconclusive", sentence=str(error)), 0
        if ended.status.final:
            bucket, staged = names.artifact_bucket(project.name), self._staged(project, run)
            remove(self._tools.store, bucket, f"{staged}/")  # copies of requests must not outlive their retention
            if project.capture.encrypt:
                self._tools.store.collect()  # nor may they wait, in plain, for the next upkeep
            self._runs.end(replace(ended, ended=datetime.now(UTC)), read)
        return self._runs.get(run.id)

    def _staged(self, project: Project, run: MonitorRun) -> str:
        """Return the key below which the inputs of a run's job lie while it runs."""
        return f"{names.monitoring_prefix(project.name, run.endpoint)}/inputs/{run.id}"

    def _analysed(
        self, project: Project, release: Release, run: MonitorRun, cancelled: threading.Event | None
    ) -> tuple[MonitorRun, int]:
        """Return the run with what it came to, and how far captures are in the stored hours by now."""
        places, read = self._place(project, release, run)
        if places is None:
            sentence = "insufficient data: no request of this window was captured"
            return replace(run, status=RunStatus.NO_DATA, verdict="inconclusive", sentence=sentence), read
        document = analysis_request(
            project, run.endpoint, self._tools.image(), Window(start=run.start, end=run.end), places, asked=run.asked
        )
        jobs = self._tools.jobs
        try:
            jobs.start(job_request(JobKind.PROCESSING, document, run.id), token=run.id)
        except JobNameTaken:  # the project has changed since a process that was killed has started it
            log.info("%s was started before", run.id)
        job = jobs.wait(run.id, cancelled)
        run = replace(run, job=run.id, results=places.results)
        if job.status is JobStatus.STOPPED and cancelled is not None and cancelled.is_set():
            return run, 0
        if job.status is not JobStatus.COMPLETED:
            reason = f"the analysis failed: {job.failure_reason or job.exit_message}"
            return replace(run, status=RunStatus.FAILED, verdict="inconclusive", sentence=reason), 0
        return self._found(project, run, places), read

    def _found(self, project: Project, run: MonitorRun, places: Places) -> MonitorRun:
        """Return the run with its verdict, after all that follows from it: metrics, notice, stored hours."""
        analysis = self._analysis(run)
        assert analysis is not None  # noqa: S101  a completed job has written it
        bucket, prefix = places.results.removeprefix("s3://").split("/", 1)
        report = self._report_file(run)
        report.parent.mkdir(parents=True, exist_ok=True)
        draft = report.with_suffix(".draft")
        draft.write_bytes(self._tools.store.read(bucket, f"{prefix}/report.html"))
        draft.replace(report)
        if places.history or not run.asked:
            self._keep_hours(project, run, (bucket, prefix))
        record(self._tools.telemetry, analysis, datetime.now(UTC))
        tell(self._tools.inbox, project.name, run, analysis, str(report))
        return replace(
            run,
            status=RunStatus.VIOLATIONS if analysis.violations else RunStatus.COMPLETED,
            verdict=analysis.verdict.value,
            sentence=analysis.sentence,
            report=f"{places.results}/report.html",
        )

    def _place(self, project: Project, release: Release, run: MonitorRun) -> tuple[Places | None, int]:
        """Put what the job reads where it finds it; None when there is nothing to read."""
        store, window = self._tools.store, Window(start=run.start, end=run.end)
        bucket, base = names.artifact_bucket(project.name), names.monitoring_prefix(project.name, run.endpoint)
        folder = f"{base}/asked/{run.id}" if run.asked else f"{base}/{run.start:%Y/%m/%d/%H}"
        staged = self._staged(project, run)
        if run.asked:
            found = captured(store, project, run.endpoint, window)
            rows = put_window(store, found, window, (bucket, f"{staged}/captures"), self._tools.read) if found else 0
            read = 0
        else:
            before = self._runs.read(run.release)
            whole = captured(store, project, run.endpoint, Window(start=run.start - LATE, end=run.end))
            inside = {each.key for each in captured(store, project, run.endpoint, window)}
            found = [each for each in whole if each.key in inside or each.sequence > before]
            put_files(store, found, bucket, f"{staged}/captures", self._tools.read)
            rows, read = len(found), max((each.sequence for each in whole), default=before)
        if not rows:
            return None, read
        history = "" if run.asked else self._history(bucket, base, run.end)
        places = Places(
            captures=f"s3://{bucket}/{staged}/captures",
            baseline=put_baseline(store, project, release, f"{staged}/baseline"),
            history=history,
            results=f"s3://{bucket}/{folder}",
        )
        return places, read

    def _history(self, bucket: str, base: str, end: datetime) -> str:
        """Return where the stored hours of the last week are, "" when there are none; removes older ones."""
        oldest = f"{end - WEEK - HOUR:%Y-%m-%dT%H}"
        kept = list(self._tools.store.list(bucket, f"{base}/history/"))
        for each in kept:
            name = each.key.rpartition("/")[2]
            if name.endswith(".profile") and name < oldest:
                remove(self._tools.store, bucket, each.key)
        return f"s3://{bucket}/{base}/history" if kept else ""

    def _keep_hours(self, project: Project, run: MonitorRun, results: tuple[str, str]) -> None:
        """Make the hours that a run has counted part of the history of later ones."""
        bucket, prefix = results
        target = f"{names.monitoring_prefix(project.name, run.endpoint)}/history/profiles"
        for each in list(self._tools.store.list(bucket, f"{prefix}/profiles/")):
            source = (bucket, each.key, each.version)
            self._tools.store.copy(source, (bucket, f"{target}/{each.key.rpartition('/')[2]}"))

    def _view(self, run: MonitorRun) -> DriftView:
        project, live, report = self._tools.project(), self._tools.live(), self._report_file(run)
        watched = project.monitoring.enabled and live is not None
        return DriftView(
            run=run,
            analysis=self._analysis(run) if run.report else None,
            file=str(report) if report.is_file() else "",
            next=next_end(project.monitoring.every, datetime.now(UTC), _grace(project)) if watched else None,
        )

    def _analysis(self, run: MonitorRun) -> Analysis | None:
        bucket, prefix = run.results.removeprefix("s3://").split("/", 1)
        return read_analysis(json.loads(self._tools.store.read(bucket, f"{prefix}/analysis.json")))

    def _report_file(self, run: MonitorRun) -> Path:
        return self._tools.home.root / "reports" / f"{run.id}.html"


def _grace(project: Project) -> timedelta:
    """Return how long after a window's end its captured records are files."""
    return project.capture.max_age + GRACE
