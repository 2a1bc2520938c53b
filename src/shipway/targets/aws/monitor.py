"""What the hourly analyses of captured requests found, read from where their jobs leave it."""

import json
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from shipway.domain import names
from shipway.domain.drift import read_analysis
from shipway.domain.monitor import NothingToAnalyse, RunStatus, Window
from shipway.ports.monitor import DriftView, MonitorRun
from shipway.targets.aws.account import Account
from shipway.targets.aws.analysis import HOUR, Analyzer, hour_of
from shipway.targets.aws.audit import Trail
from shipway.targets.aws.errors import plainly
from shipway.targets.aws.objects import keys, read
from shipway.targets.aws.release import Ledger

PREFIX = "monitor/"  # below the artifacts bucket, as resources/monitoring.py has the jobs write
_REPORT = re.compile(r"monitor/(?P<endpoint>[^/]+)/(?P<hour>\d{4}/\d\d/\d\d/\d\d)/analysis\.json")


@plainly
class Reports:
    """Analyses of one project, newest first."""

    pause = staticmethod(time.sleep)

    def __init__(self, account: Account, ledger: Ledger, trail: Trail, now: Callable[[], datetime]) -> None:
        self._account = account
        self._ledger = ledger
        self._trail = trail
        self._now = now

    def latest(self) -> DriftView:
        found = self._found()
        if not found:
            raise NothingToAnalyse(problem="no hour has been analysed yet")
        return self._view(found[0])

    def runs(self, limit: int = 24) -> Sequence[MonitorRun]:
        return [self._view(key).run for key in self._found()[:limit]]

    def analyse(self, window: Window | None = None, *, by: str) -> DriftView:
        """Analyse a whole hour as its schedule does, stored hours and all; see the port. Raises NotOnAws for others."""
        live = self._ledger.live()
        if live is None:
            raise NothingToAnalyse(problem="no release is live")
        hour = hour_of(window, self._now())
        Analyzer(self._account, self.pause).run(hour)
        self._trail.record(by, "analyse", f"{hour:%Y-%m-%d %H:%M}", f"release {live.number}")
        endpoint = names.prod_endpoint(self._account.project.name, live.number)
        return self._view(f"{PREFIX}{endpoint}/{hour:%Y/%m/%d/%H}/analysis.json")

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
