"""A monitor in memory: before `found` is set nothing has been analysed; then every window says the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shipway.domain.drift import Analysis, FeatureDrift, HorizonDrift
from shipway.domain.drift.judge import Standing
from shipway.domain.monitor import NothingToAnalyse, RunStatus, Window
from shipway.ports.monitor import DriftView, MonitorRun

HOUR = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def feature(name: str, score: float, standing: Standing = Standing.STABLE) -> FeatureDrift:
    """Return a feature over one hour."""
    seen = HorizonDrift(
        horizon="1h", standing=standing, rows=2000, effective=1800.0, clustering=1.1, distance=score + 0.06,
        score=score, tolerance=0.05, p=0.001, detectable=0.11,
    )  # fmt: skip
    return FeatureDrift(name=name, source="input", kind="numeric", horizons=(seen,))


ANALYSIS = Analysis(
    start="2026-03-01T09:00:00Z",
    end="2026-03-01T10:00:00Z",
    mode="shipway",
    budget=0.1,
    alpha=1e-5,
    constant=2.5,
    baseline_rows=5000,
    baseline_digest="abc",
    features=(feature("distance", 0.31, Standing.DRIFT), feature("hour", 0.0)),
    violations=({"feature_name": "distance", "constraint_check_type": "baseline_drift_check", "description": "far"},),
    notes=("3 lines were no records",),
)
RUN = MonitorRun(
    id="tiny-monitor-1-2026030109",
    release=1,
    endpoint="tiny-prod-1",
    start=HOUR,
    end=HOUR + timedelta(hours=1),
    status=RunStatus.VIOLATIONS,
    verdict="fail",
    sentence=ANALYSIS.sentence,
    began=HOUR + timedelta(hours=1, minutes=2),
    ended=HOUR + timedelta(hours=1, minutes=3),
    job="tiny-monitor-1-2026030109",
    results="s3://tiny-artifacts/monitoring/tiny-prod-1/tiny-monitor/2026/03/01/09",
    report="s3://tiny-artifacts/monitoring/tiny-prod-1/tiny-monitor/2026/03/01/09/report.html",
)


@dataclass
class FakeMonitor:
    """found: whether a release is live and its hours were analysed."""

    found: bool = False

    def latest(self) -> DriftView:
        if not self.found:
            raise NothingToAnalyse(problem="no window has been analysed yet")
        return DriftView(
            run=RUN, analysis=ANALYSIS, file="/work/tiny/report.html", next=HOUR + timedelta(hours=2, minutes=2)
        )

    def runs(self, limit: int = 24) -> Sequence[MonitorRun]:
        quiet = "insufficient data: no request of this window was captured"
        before = replace(
            RUN, id="tiny-monitor-1-2026030108", start=HOUR - timedelta(hours=1), end=HOUR, status=RunStatus.NO_DATA,
            verdict="inconclusive", sentence=quiet, job="", results="", report="",
        )  # fmt: skip
        return [RUN, before][:limit] if self.found else []

    def analyse(self, window: Window | None = None, *, by: str) -> DriftView:  # noqa: ARG002
        if not self.found:
            raise NothingToAnalyse(problem="no release is live")
        view = self.latest()
        if window is None:
            return view
        return replace(view, run=replace(view.run, start=window.start, end=window.end, asked=True))
