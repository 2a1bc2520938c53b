"""Whether a model answers worse than its evaluation said, beyond what chance explains."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shipway.domain.model_quality.counts import Counts
from shipway.domain.model_quality.measure import MEASURES, own_name
from shipway.domain.project import Direction

LEAST = 100  # labels below which a window says nothing
WINDOWS = 30 * 2  # a month's daily windows and weekly ones, over which the budget of false alarms is spent
TEXT = {True: "worse", False: "better"}


class QualityVerdict(StrEnum):
    """`inconclusive` says that something could not be checked; it never counts as a pass."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualitySettings:
    """tolerance: loss of no concern, in the metric's unit. budget: false alarms in 30 days. metric: "" = the gate's."""

    tolerance: float = 0.05
    budget: float = 0.1
    metric: str = ""

    @property
    def sigmas(self) -> float:
        """How many standard errors a loss must be beyond the tolerance."""
        from statistics import NormalDist  # noqa: PLC0415  slow to import, and every verb imports this module

        return NormalDist().inv_cdf(1 - self.budget / WINDOWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """What one window says about one metric.

    value: in the window; evaluated: at the release. bound: the least that the model has got worse by, in the metric's
    unit, less what chance explains; None when nothing can be said.
    """

    verdict: QualityVerdict
    sentence: str
    metric: str = ""
    value: float | None = None
    evaluated: float | None = None
    bound: float | None = None


def compare(settings: QualitySettings, gate: str, evaluation: Mapping[str, object], counts: Counts) -> Degradation:
    """Return how a window compares with the release's evaluation.

    gate: the gate's metric, which is compared unless the settings name another. evaluation: metric -> value.
    """
    wanted = settings.metric or gate
    name = own_name(wanted) or _shared(evaluation, counts)
    measured = counts.measures()
    if name is None:
        have = ", ".join(sorted(measured)) or "nothing"
        return _told(f"the evaluation has none of what labels give ({have})")
    evaluated = _evaluated(evaluation, name)
    if evaluated is None:
        return _told(f"the evaluation has no {name}", name)
    if counts.rows < LEAST or name not in measured:
        return _told(f"{counts.rows} labels are too few to measure {name}: {LEAST} are needed, of each kind", name)
    found = measured[name]
    if found.error is None:
        return _told(f"{name} has no known error here: set monitoring.quality_metric to another", name)
    loss = evaluated - found.value if MEASURES[name].direction is Direction.MAXIMIZE else found.value - evaluated
    bound = loss - settings.sigmas * found.error
    fails = bound > settings.tolerance
    sentence = (
        f"{name} {found.value:.4g} on {counts.rows} labels, {evaluated:.4g} at the release:"
        f" {TEXT[loss > 0]} by {abs(loss):.4g}, by {max(bound, 0):.4g} at least (tolerance {settings.tolerance:g})"
    )
    return Degradation(
        verdict=QualityVerdict.FAIL if fails else QualityVerdict.PASS,
        sentence=sentence,
        metric=name,
        value=found.value,
        evaluated=evaluated,
        bound=bound,
    )


def _shared(evaluation: Mapping[str, object], counts: Counts) -> str | None:
    """Return the first measure with a known error that both sides have."""
    return next(
        (
            name
            for name, measure in counts.measures().items()
            if measure.error is not None and _evaluated(evaluation, name) is not None
        ),
        None,
    )


def _evaluated(evaluation: Mapping[str, object], name: str) -> float | None:
    for each in (name, *MEASURES[name].aliases):
        value = evaluation.get(each)
        if isinstance(value, int | float):
            return float(value)
    return None


def _told(sentence: str, metric: str = "") -> Degradation:
    return Degradation(verdict=QualityVerdict.INCONCLUSIVE, sentence=sentence, metric=metric)
