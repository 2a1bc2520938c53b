"""What the hourly analyses of captured requests found, read from where their jobs leave it."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shipway.domain import names
from shipway.domain.drift import read_analysis
from shipway.domain.monitor import NothingToAnalyse, RunStatus, Window
from shipway.ports.monitor import DriftView, MonitorRun
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import NotOnAws, plainly
from shipway.targets.aws.objects import keys, read
from shipway.targets.aws.release import Ledger

PREFIX = "monitor/"  # below the artifacts bucket, as resources/monitoring.py has the jobs write
HOUR = timedelta(hours=1)
_REPORT = re.compile(r"monitor/(?P<endpoint>[^/]+)/(?P<hour>\d{4}/\d\d/\d\d/\d\d)/analysis\.json")


@plainly
class Reports:
    """Analyses of one project, newest first."""

    def __init__(self, account: Account, ledger: Ledger) -> None:
        self._account = account
        self._ledger = ledger

    def latest(self) -> DriftView:
        found = self._found()
        if not found:
            raise NothingToAnalyse(problem="no hour has been analysed yet")
        return self._view(found[0])

    def runs(self, limit: int = 24) -> Sequence[MonitorRun]:
        return [self._view(key).run for key in self._found()[:limit]]

    def analyse(self, window: Window | None = None, *, by: str) -> DriftView:
        if self._ledger.live() is None:
            raise NothingToAnalyse(problem="no release is live")
        asked = f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}" if window else "this hour"
        machine = names.monitor_machine(self._account.project.name)
        instead = f"wait for the hour's own analysis, or start the state machine {machine} by hand"
        raise NotOnAws(what=f"analyse {asked} for {by}", why="its schedule looks at whole hours", instead=instead)

    def _found(self) -> list[str]:
        """Return the keys of reports, the newest hour first."""
        listed = keys(self._account.client("s3"), self._account.artifacts, PREFIX)
        own = f"{self._account.project.name}-"
        matches = [found for key in listed if (found := _REPORT.fullmatch(key)) and found["endpoint"].startswith(own)]
        return [found[0] for found in sorted(matches, key=lambda each: each["hour"], reverse=True)]

    def _view(self, key: str) -> DriftView:
        found = _REPORT.fullmatch(key)
        content = read(self._account.client("s3"), self._account.artifacts, key)
        if found is None or content is None:
            raise NothingToAnalyse(problem=f"{key} has gone")
        analysis = read_analysis(json.loads(content))
        start = datetime.strptime(found["hour"], "%Y/%m/%d/%H").replace(tzinfo=UTC)
        folder = f"s3://{self._account.artifacts}/{key.removesuffix('/analysis.json')}"
        run = MonitorRun(
            id=f"{found['endpoint']}-{start:%Y%m%d%H}",
            release=int(found["endpoint"].rpartition("-")[2]),
            endpoint=found["endpoint"],
            start=start,
            end=start + HOUR,
            status=RunStatus.VIOLATIONS if analysis.violations else RunStatus.COMPLETED,
            verdict=analysis.verdict.value,
            sentence=analysis.sentence,
            began=start + HOUR,
            results=folder,
            report=f"{folder}/report.html",
        )
        return DriftView(run=run, analysis=analysis)
