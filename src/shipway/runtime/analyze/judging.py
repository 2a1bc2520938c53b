"""Counted hours become verdicts: sums over each horizon, their distances, and the domain's decision."""

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

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

from .counts import LISTED, Counts
from .dataset import hours_within
from .history import Hour
from .measure import Gap, clustering, gap, stability_index, wasserstein
from .plan import GROUPS, SLOTS, Plan
from .plots import plot_of


def features_of(
    plans: Sequence[Plan],
    rules: Mapping[str, Constraint],
    hours: dict[datetime, Hour],
    end: datetime,
    settings: DriftSettings,
) -> list[FeatureDrift]:
    """Return how each feature stands over each horizon. rules: by the plans' keys. end: of all horizons, aware."""
    within = [len(list(hours_within(hours, end, horizon.hours))) for horizon in settings.horizons]
    week = list(hours_within(hours, end, max(WEEK.hours, *(one.hours for one in settings.horizons))))
    found = []
    for plan in plans:
        newest = [hour.total.get(plan.key) for hour in reversed(week)]
        clustered = clustering([one for one in newest if one is not None])
        sums = _sums(plan, newest, within)
        rule = rules[plan.key].drift
        judged = [
            _judge(gap(plan, summed, clustered, settings.mode), horizon, rule, settings)
            for summed, horizon in zip(sums, settings.horizons, strict=True)
        ]
        speaks = judged.index(decided(judged))
        found.append(_feature(plan, judged, sums[speaks]))
    return found


def _sums(plan: Plan, newest: Sequence[Counts | None], within: Sequence[int]) -> list[Counts]:
    """Return the bins of the newest so many hours, for each of `within`: all sums in one pass."""
    none = np.zeros(plan.bins, dtype=np.int64)
    table = np.cumsum(np.stack([none, *(none if one is None else one.bins for one in newest)]), axis=0)
    sums = []
    for many in within:
        unknown: Tally[str] = Tally()
        for one in newest[:many]:
            if one is not None and one.unknown:
                unknown.update(one.unknown)
        listed = Tally(dict(unknown.most_common(LISTED)))
        sums.append(Counts(bins=table[many], blocks=np.zeros((SLOTS, GROUPS), dtype=np.int64), unknown=listed))
    return sums


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
