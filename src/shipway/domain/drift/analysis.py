"""analysis.json: what one run found, for people, the monitor, the console and whoever else reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from shipway.domain.drift.judge import HorizonDrift, Standing
from shipway.domain.drift.ranking import decided
from shipway.domain.plot import Plot
from shipway.domain.values import JsonObject

VERSION = 1


class Verdict(StrEnum):
    """`inconclusive` says that something could not be checked; it never counts as a pass."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDrift:
    """One feature over all horizons. source: input, or output for what the model answered. kind: numeric, categorical.

    reading: figures that decide nothing, of the window that decides: psi, wasserstein (in baseline deviations).
    plot: both distributions over that window.
    """

    name: str
    source: str
    kind: str
    horizons: Sequence[HorizonDrift]
    reading: Mapping[str, float] = field(default_factory=dict)
    plot: Plot | None = None

    @property
    def worst(self) -> HorizonDrift:
        """The window that speaks for the feature."""
        return decided(self.horizons)

    @property
    def standing(self) -> Standing:
        """How it stands over all windows."""
        return self.worst.standing

    @property
    def metric(self) -> float | None:
        """What is published as its drift: the largest score of any window, None when no window had enough rows."""
        told = [seen for seen in self.horizons if seen.standing in {Standing.DRIFT, Standing.STABLE}]
        return self.worst.score if self.standing is Standing.DRIFT else max((seen.score for seen in told), default=None)

    @property
    def sentence(self) -> str:
        """What happened, with its numbers."""
        seen = self.worst
        if seen.standing is Standing.SKIPPED:
            return f"{self.name} is not compared"
        if seen.standing is Standing.INSUFFICIENT:
            return (
                f"{self.name}: insufficient data, {seen.rows:,} rows are worth {seen.effective:,.0f} independent ones"
            )
        figures = f"distance {seen.distance:.3f}, {seen.score:.3f} of it beyond chance (tolerance {seen.tolerance:g})"
        if seen.standing is Standing.DRIFT:
            return f"{self.name} has drifted: {figures}, over {seen.horizon}"
        least = f", and {seen.detectable:.2f} would have been told" if seen.detectable else ""
        return f"{self.name} is stable: {figures}, over {seen.horizon}{least}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One run. start, end: of the window that was asked for, ISO 8601 in UTC. features: worst first.

    records: counts of what was read: window_rows (of the window itself), malformed, duplicates, outside, binary, ...
    violations: as in constraint_violations.json. notes: what could not be checked, in sentences.
    """

    start: str
    end: str
    mode: str
    budget: float
    alpha: float
    constant: float
    baseline_rows: int
    baseline_digest: str
    features: Sequence[FeatureDrift]
    violations: Sequence[JsonObject] = ()
    records: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def drifted(self) -> list[FeatureDrift]:
        """The features that have drifted, worst first."""
        return [feature for feature in self.features if feature.standing is Standing.DRIFT]

    @property
    def verdict(self) -> Verdict:
        """Fail with any violation; pass when there were rows and every compared feature could be judged somewhere."""
        if self.violations:
            return Verdict.FAIL
        if self.records.get("window_rows") == 0:
            return Verdict.INCONCLUSIVE
        compared = [feature for feature in self.features if feature.standing is not Standing.SKIPPED]
        if not compared or any(feature.standing is Standing.INSUFFICIENT for feature in compared):
            return Verdict.INCONCLUSIVE
        return Verdict.PASS

    @property
    def sentence(self) -> str:
        """The verdict with its numbers."""
        drifted = self.drifted
        if drifted:
            others = f", and {len(drifted) - 1} more" if len(drifted) > 1 else ""
            return f"{len(drifted)} of {len(self.features)} features drifted. {drifted[0].sentence}{others}"
        if self.violations:
            first = self.violations[0]
            what = f"{first['feature_name']}, {first['constraint_check_type']}"
            return f"{len(self.violations)} violations, the first: {what}"
        if self.records.get("window_rows") == 0:
            return "inconclusive: there were no rows"
        if self.verdict is Verdict.INCONCLUSIVE:
            told = sum(feature.standing is Standing.STABLE for feature in self.features)
            return f"inconclusive: {told} of {len(self.features)} features had enough rows to be judged"
        return f"all {len(self.features)} features are as in the baseline"


def analysis_document(analysis: Analysis) -> JsonObject:
    """Return analysis.json; docs/reference/monitoring-files.md is its description."""
    return {
        "version": VERSION,
        "start": analysis.start,
        "end": analysis.end,
        "verdict": analysis.verdict.value,
        "sentence": analysis.sentence,
        "mode": analysis.mode,
        "budget": analysis.budget,
        "alpha": analysis.alpha,
        "constant": analysis.constant,
        "baseline": {"rows": analysis.baseline_rows, "digest": analysis.baseline_digest},
        "records": dict(analysis.records),
        "features": [_feature_document(feature) for feature in analysis.features],
        "violations": list(analysis.violations),
        "notes": list(analysis.notes),
    }


def _feature_document(feature: FeatureDrift) -> JsonObject:
    seen = feature.worst
    return {
        "name": feature.name,
        "source": feature.source,
        "kind": feature.kind,
        "standing": feature.standing.value,
        "metric": feature.metric,
        "tolerance": seen.tolerance,
        "horizon": seen.horizon,
        "sentence": feature.sentence,
        "reading": dict(feature.reading),
        "plot": None if feature.plot is None else asdict(feature.plot),
        "horizons": [asdict(one) for one in feature.horizons],
    }


def read_analysis(document: Mapping[str, Any]) -> Analysis:
    """Return the analysis of a document that `analysis_document` made; raises KeyError or ValueError on any other."""
    baseline = document["baseline"]
    return Analysis(
        start=document["start"],
        end=document["end"],
        mode=document["mode"],
        budget=document["budget"],
        alpha=document["alpha"],
        constant=document["constant"],
        baseline_rows=baseline["rows"],
        baseline_digest=baseline["digest"],
        features=tuple(_read_feature(entry) for entry in document["features"]),
        violations=tuple(document["violations"]),
        records=document["records"],
        notes=tuple(document["notes"]),
    )


def _read_feature(entry: Mapping[str, Any]) -> FeatureDrift:
    horizons = [HorizonDrift(**{**one, "standing": Standing(one["standing"])}) for one in entry["horizons"]]
    return FeatureDrift(
        name=entry["name"],
        source=entry["source"],
        kind=entry["kind"],
        horizons=tuple(horizons),
        reading=entry["reading"],
        plot=Plot(**{key: tuple(values) for key, values in entry["plot"].items()}) if entry.get("plot") else None,
    )
