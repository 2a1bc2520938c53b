"""The watch over captured data, as people ask about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shipway.domain.drift import Analysis
from shipway.domain.monitor import RunStatus, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRun:
    """One analysis of one window of a release's captures.

    asked: by a person, of a window of their own; it changes no stored history. sentence: the verdict with its numbers,
    or why there is none. results: s3 name of the folder with its files; report: of report.html, "" without one.
    """

    id: str
    release: int
    endpoint: str
    start: datetime
    end: datetime
    status: RunStatus
    verdict: str
    sentence: str
    began: datetime
    ended: datetime | None = None
    asked: bool = False
    job: str = ""
    results: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """What the newest analysis says. analysis: None when it had none. file: report.html on this machine, or "".

    next: when the next window is analysed, None when monitoring is off or nothing is live.
    """

    run: MonitorRun
    analysis: Analysis | None
    file: str = ""
    next: datetime | None = None


class Monitor(Protocol):
    """The monitor of one project."""

    def latest(self) -> DriftView:
        """Return the newest analysis that has ended, asked or not. Raises NothingToAnalyse before the first."""

    def runs(self, limit: int = 24) -> Sequence[MonitorRun]:
        """Return analyses, newest first."""

    def analyse(self, window: Window | None = None, *, by: str) -> DriftView:
        """Analyse the live release's captures of a window now; None means the hour that ends now.

        The window's requests alone are looked at, against the release's baseline: stored hours are neither used nor
        changed. Its metrics and the notice of drift are those of any other run. Raises NothingToAnalyse.
        """
