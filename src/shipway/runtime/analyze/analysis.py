"""The analysis job: what an hour brought is counted, added to what is known, and held against the baseline."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shipway.domain.baseline import BaselineUnreadable, Constraint, Constraints, read_constraints
from shipway.domain.drift import Analysis, DriftSettings, FeatureDrift, Mode, analysis_document, report_page
from shipway.domain.drift.judge import Standing
from shipway.domain.drift.ranking import rank
from shipway.domain.quality import Quality, Slack, Violation, column_checks, drift_violation, value_checks
from shipway.domain.quality import violations_document as violations_of

from .blob import unpack_plans
from .counts import Counts
from .dataset import Dataset, hours_within
from .documents import plans_of, statistics
from .history import columns_of, merged, read_hours
from .job import run, write
from .judging import features_of
from .metrics import metric_lines
from .outputs import REFERENCE, Outputs
from .plan import Plan, rows_of
from .profile import seen
from .settings import Settings, read_settings

WEEK = timedelta(days=7)
PROFILES = "profiles"


def main() -> int:
    """Run the job under the processing contract; returns its exit code."""
    return run(work, "no analysis was made")


def work(base: Path) -> str:
    """Make the analysis that a job was asked for, and return its exit message."""
    settings = read_settings(base)
    baseline = read_baseline(settings)
    dataset, notes = count(settings, baseline)
    found = judge(settings, baseline, dataset, notes)
    _write(settings, found, dataset, base)
    many = len(found.violations)
    if not many:
        return "Completed: Job completed successfully with no violations."
    return f"CompletedWithViolations: Job completed successfully with {many} violations."


@dataclass(frozen=True, slots=True)
class Baseline:
    """What later data is held against. digest: names the plans, and with them every profile that they made."""

    plans: Sequence[Plan]
    constraints: Constraints
    digest: str
    notes: Sequence[str]

    def rule(self, plan: Plan) -> Constraint:
        """Return a feature's constraint; one that asks for nothing where the file has none."""
        rule = self.constraints.features.get(plan.name) if plan.source == "input" else None
        rule = rule or Constraint(name=plan.name, type="Unknown")
        return replace(rule, unseen=plan.singles / plan.rows if plan.rows else 0.0)


def read_baseline(settings: Settings) -> Baseline:
    """Return the baseline: our own profile, or one rebuilt from statistics.json. Raises BaselineUnreadable, OSError."""
    constraints = read_constraints(_json(settings.constraints), settings.constraints.name, settings.tolerance)
    if settings.profile.is_file():
        data = settings.profile.read_bytes()
        plans, _ = unpack_plans(data)
        return Baseline(plans, constraints, hashlib.sha256(data).hexdigest()[:16], ())
    document = _json(settings.statistics)
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise BaselineUnreadable(path=settings.statistics.name, problem="it has no list named 'features'")
    try:
        plans, notes = plans_of(document)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BaselineUnreadable(path=settings.statistics.name, problem=f"{type(error).__name__}: {error}") from None
    digest = hashlib.sha256(settings.statistics.read_bytes()).hexdigest()[:16]
    return Baseline(plans, constraints, digest, notes)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise BaselineUnreadable(path=path.name, problem=f"it is no JSON: {error}") from None


def count(settings: Settings, baseline: Baseline) -> tuple[Dataset, list[str]]:
    """Return all hours of the last week, those of this run's files among them, and what could not be used.

    The hours that changed are written to the output as they are now.
    """
    notes = list(baseline.notes)
    since = settings.end - WEEK
    outputs = Outputs.load(settings.history, baseline.digest, notes)
    dataset = Dataset(
        plans=baseline.plans,
        outputs=outputs,
        start=since,
        end=settings.end,
        hours=read_hours(settings.history, baseline.digest, since - timedelta(hours=1), notes),
        short=settings.start if settings.end - settings.start < timedelta(hours=1) else None,
    )
    changed = dataset.read(settings.source)
    for start in sorted(changed):
        dataset.hours[start].write(settings.output / PROFILES, baseline.digest)
    if outputs.changed:
        write(settings.output / PROFILES / REFERENCE, outputs.packed(baseline.digest))
    return dataset, [*notes, *dataset.notes]


def judge(settings: Settings, baseline: Baseline, dataset: Dataset, notes: Sequence[str]) -> Analysis:
    """Return what the counted hours say: drift of each feature over each horizon, and violations of the window."""
    plans = [*baseline.plans, *dataset.outputs.plans]
    rules = {plan.key: baseline.rule(plan) for plan in plans}
    compared = sum(rule.drift.compare for rule in rules.values())
    drift = DriftSettings(
        features=compared,
        budget=settings.budget,
        mode=settings.mode,
        horizons=settings.horizons,
        windows=settings.windows,
    )
    features = features_of(plans, rules, dataset.hours, settings.end, drift)
    window = list(hours_within(dataset.hours, settings.end, settings.hours))
    rows = sum(hour.rows for hour in window)
    violations: list[Violation] = []
    if baseline.constraints.evaluate:
        violations = [
            *_column_violations(baseline, columns_of(window), rows),
            *_value_violations(baseline, merged(window, baseline.plans), drift, features),
            *(drift_violation(one.name, one.worst) for one in features if one.standing is Standing.DRIFT),
        ]
    else:
        notes = [*notes, "constraints.json says that nothing is to be evaluated"]
    if not rows:
        notes = [*notes, "no rows in the window: nothing was captured, or nothing was asked"]
    return Analysis(
        start=_text(settings.start),
        end=_text(settings.end),
        mode=settings.mode,
        budget=drift.budget,
        alpha=drift.alpha,
        constant=drift.constant,
        baseline_rows=rows_of(baseline.plans),
        baseline_digest=baseline.digest,
        features=sorted(features, key=lambda one: (*rank(one.worst), one.name)),
        violations=violations_of(violations)["violations"],  # type: ignore[arg-type]
        records={**dataset.tally, "window_rows": rows},
        notes=tuple(notes),
    )


def _column_violations(baseline: Baseline, columns: Mapping[str, int], rows: int) -> list[Violation]:
    expected = list(baseline.constraints.features) or [plan.name for plan in baseline.plans]
    return column_checks(expected, list(columns)) if rows else []


def _value_violations(
    baseline: Baseline, counts: Mapping[str, Counts], drift: DriftSettings, features: Sequence[FeatureDrift]
) -> list[Violation]:
    clustering = {one.name: one.horizons[0].clustering or 1.0 for one in features if one.source == "input"}
    alpha = None if drift.mode is Mode.SAGEMAKER else drift.alpha
    found: list[Violation] = []
    for plan in baseline.plans:
        slack = Slack(alpha=alpha, baseline=plan.rows, clustering=clustering.get(plan.name, 1.0))
        found += value_checks(baseline.rule(plan), quality_of(plan, counts[plan.key]), slack)
    return found


def quality_of(plan: Plan, counts: Counts) -> Quality:
    """Return what a column's counts say about its values."""
    unknown = int(counts.bins[-2]) if not plan.numeric else 0
    return Quality(
        name=plan.name,
        rows=counts.rows,
        present=counts.rows - plan.missing(counts.bins) + counts.text,
        numbers=counts.moments.count,
        whole=counts.moments.whole,
        unknown_rows=unknown,
        unknown=dict(counts.unknown.most_common()),
    )


def _write(settings: Settings, found: Analysis, dataset: Dataset, base: Path) -> None:
    window = list(hours_within(dataset.hours, settings.end, settings.hours))
    plans = [*dataset.plans, *dataset.outputs.plans]
    counts = merged(window, plans)
    columns = [seen(plan, counts[plan.key]) for plan in plans]
    rows = sum(hour.rows for hour in window)
    write(settings.output / "statistics.json", statistics(columns, rows))
    write(settings.output / "constraint_violations.json", {"violations": list(found.violations)})
    write(settings.output / "analysis.json", analysis_document(found))
    write(settings.output / "report.html", report_page(found, settings.endpoint or "Captured data"))
    if settings.metrics:
        lines = metric_lines(found, columns, settings.endpoint, settings.schedule)
        write(base / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl", lines)


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    sys.exit(main())
