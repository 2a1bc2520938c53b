"""Counted hours become verdicts: sums over each horizon, their distances, and the domain's decision."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shipway.domain.baseline import Constraint
from shipway.domain.drift import (
    WEEK,
    CategoricalGap,
    DriftSettings,
    FeatureDrift,
    Horizon,
    HorizonDrift,
    Rule,
    judge_categorical,
    judge_numeric,
)
from shipway.domain.drift.judge import Standing
from shipway.domain.drift.ranking import decided

from .counts import Counts
from .dataset import hours_within
from .history import Hour, merged
from .measure import Gap, clustering, gap, stability_index, wasserstein
from .plan import Plan
from .plots import plot_of


def features_of(
    plans: Sequence[Plan],
    rules: Mapping[str, Constraint],
    hours: dict[datetime, Hour],
    end: datetime,
    settings: DriftSettings,
) -> list[FeatureDrift]:
    """Return how each feature stands over each horizon. rules: by the plans' keys. end: of all horizons, aware."""
    sums = {one.name: merged(hours_within(hours, end, one.hours), plans) for one in settings.horizons}
    week = list(hours_within(hours, end, WEEK.hours))
    found = []
    for plan in plans:
        clustered = clustering([hour.total[plan.key] for hour in week if plan.key in hour.total])
        rule = rules[plan.key].drift
        judged: list[HorizonDrift] = []
        for horizon in settings.horizons:
            seen = gap(plan, sums[horizon.name][plan.key], clustered, settings.mode)
            judged.append(_judge(seen, horizon, rule, settings))
        found.append(_feature(plan, judged, sums[decided(judged).horizon][plan.key]))
    return found


def _judge(seen: Gap, horizon: Horizon, rule: Rule, settings: DriftSettings) -> HorizonDrift:
    if isinstance(seen, CategoricalGap):
        return judge_categorical(seen, horizon, rule, settings)
    return judge_numeric(seen, horizon, rule, settings)


def _feature(plan: Plan, judged: Sequence[HorizonDrift], counts: Counts) -> FeatureDrift:
    reading = {"psi": stability_index(plan, counts.bins)}
    moved = wasserstein(plan, counts.bins)
    if moved is not None:
        reading["wasserstein"] = moved
    shown = decided(judged).standing is not Standing.SKIPPED
    return FeatureDrift(
        name=plan.name,
        source=plan.source,
        kind="numeric" if plan.numeric else "categorical",
        horizons=tuple(judged),
        reading=reading,
        plot=plot_of(plan, counts.bins) if shown else None,
    )
