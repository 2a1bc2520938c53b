"""One stream of hours: rows are drawn, counted in the product's bins, and judged by its rule."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from benchmarks.drift_quality.cells import BURST, BURSTS, COPIES, CYCLE, DRIFTING, ROWS, STREAM, WARM, Cell
from benchmarks.drift_quality.population import GRID, Feature, features, moved, shift_for

from shipway.domain.drift import DriftSettings, Horizon, Rule, judge_categorical, judge_numeric
from shipway.domain.drift.judge import HorizonDrift, Standing
from shipway.domain.drift.ranking import rank
from shipway.runtime.analyze.kernel import Floats, Ints
from shipway.runtime.analyze.measure import (
    categorical_gap,
    dense,
    dispersion,
    ks_distance,
    numeric_gap,
    total_variation,
)
from shipway.runtime.analyze.plan import GROUPS, SLOTS, Plan
from shipway.runtime.analyze.profile import profile

CHUNK = 200  # hours that are drawn at once
AT_ONCE = 10  # hours that are counted at once
WEEK = 168
RULE = Rule()
Indexes = npt.NDArray[np.uint16]


@dataclass
class Stream:
    """What became of one stream. alarms: hour -> features that drifted, worst first.

    rules: rule -> whether each hour alarms. first: the feature that was ranked first at the first alarm of a drift.
    shifted: those that really moved.
    """

    hours: int
    alarms: dict[int, list[str]] = field(default_factory=dict)
    rules: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    first: str = ""
    shifted: tuple[str, ...] = ()


@dataclass
class Source:
    """Where one feature's rows come from. moves: hour -> places to take them from, instead of their own."""

    feature: Feature
    seed: tuple[int, ...]
    cell: Cell
    drift: Ints | None = None

    def baseline(self) -> Plan:
        """Return the plan of a baseline drawn from the table."""
        random = np.random.default_rng((*self.seed, 0))
        index = random.integers(0, GRID, self.cell.baseline, dtype=np.uint16)
        return profile(self.feature.series(index))[1]

    def rows(self, chunk: int, hours: int) -> Indexes:
        """Return places in the table for the rows of some hours, shape (hours, ROWS); always the same for a chunk."""
        random = np.random.default_rng((*self.seed, 1, chunk))
        if self.cell.traffic == "copies":
            return np.repeat(_draw(random, hours, ROWS // COPIES), COPIES, axis=1)
        drawn = _draw(random, hours, ROWS)
        if self.cell.traffic == "bursts":
            _bursts(drawn, random, np.random.default_rng((*self.seed[:-1], 2, chunk)))
        return drawn

    def moves(self, hour: int) -> Ints | None:
        """Return where the rows of an hour really come from; None for their own places."""
        if self.drift is not None and hour >= WARM:
            return self.drift
        return _DAY[hour % 24] if self.cell.traffic == "cycle" else None


def _draw(random: np.random.Generator, hours: int, rows: int) -> Indexes:
    return np.frombuffer(random.bytes(2 * hours * rows), dtype=np.uint16).reshape(hours, rows).copy()


def _bursts(drawn: Indexes, own: np.random.Generator, shared: np.random.Generator) -> None:
    """Let one caller send BURST rows that are nearly alike, several times an hour; at the same time in all features."""
    for hour in drawn:
        for _ in range(BURSTS):
            start = int(shared.integers(0, ROWS - BURST))
            centre = int(own.integers(0, GRID))
            near = centre + own.integers(-GRID // 50, GRID // 50, BURST)
            hour[start : start + BURST] = np.clip(near, 0, GRID - 1)


_DAY = [moved(2 * float(shift)) for shift in np.sin(np.arange(24) / 24 * 2 * np.pi) * CYCLE * 1.2533]


def simulate(cell: Cell, number: int, seed: int, hours: int = 0) -> Stream:
    """Return what became of one stream: with the product's rule, and with simple ones on the same hours."""
    hours = hours or (WARM + DRIFTING if cell.distance else STREAM)
    made = features(cell.features)
    shifted = (
        [made[(number * cell.shifted + step) % len(made)] for step in range(cell.shifted)] if cell.distance else []
    )
    settings = DriftSettings(features=cell.features)
    stream = Stream(hours, shifted=tuple(one.name for one in shifted))
    judged: dict[int, dict[str, list[HorizonDrift]]] = {}
    for place, feature in enumerate(made):
        source = source_of(cell, place, number, seed, shifted)
        watched = Watched(source, source.baseline(), hours)
        watched.run()
        for hour, seen in watched.drifts(settings):
            judged.setdefault(hour, {}).setdefault(feature.name, []).append(seen)
        for name, alarms in watched.simple_rules().items():
            stream.rules[name] = stream.rules.get(name, np.zeros(hours, dtype=bool)) | alarms
    for hour, found in sorted(judged.items()):
        worst = {name: min(map(rank, seen)) for name, seen in found.items()}
        stream.alarms[hour] = sorted(worst, key=lambda name: worst[name])
    late = [hour for hour in sorted(stream.alarms) if hour >= WARM] if cell.distance else []
    stream.first = stream.alarms[late[0]][0] if late else ""
    return stream


def shifted_features(cell: Cell, number: int) -> list[Feature]:
    """Return the features that move in one stream: each in its turn."""
    made = features(cell.features)
    steps = range(cell.shifted if cell.distance else 0)
    return [made[(number * cell.shifted + step) % len(made)] for step in steps]


def source_of(cell: Cell, place: int, number: int, seed: int, shifted: list[Feature]) -> Source:
    """Return where a feature's rows come from in one stream. place: of the feature among the cell's."""
    feature = features(cell.features)[place]
    drift = shift_for(feature, cell.distance) if feature.name in {one.name for one in shifted} else None
    return Source(feature, (seed, cell.baseline, len(cell.traffic), number, place), cell, drift)


class Watched:
    """One feature through all hours of a stream."""

    def __init__(self, source: Source, plan: Plan, hours: int) -> None:
        self.source, self.plan, self.hours = source, _complete(plan, source.feature), hours
        self.counts = np.zeros((hours, self.plan.bins), dtype=np.int64)
        self.blocks = np.zeros((hours, SLOTS, GROUPS), dtype=np.int64)
        self.places = self._places()

    def _places(self) -> Ints:
        """Return the bin of each value of the table."""
        plan, values = self.plan, self.source.feature.values
        if not plan.numeric:
            codes, index = np.unique(values, return_inverse=True)
            return np.array([plan.places[f"level {code:.0f}"] for code in codes.tolist()])[index]
        inside = 1 + np.searchsorted(plan.edges, values, side="right")
        return np.where(np.isnan(values), plan.bins - 1, inside).astype(np.int64)

    def run(self) -> None:
        """Draw and count all hours."""
        groups = np.eye(GROUPS, dtype=np.float64)[self.plan.groups]
        slots = np.repeat(np.arange(SLOTS), ROWS // SLOTS) * self.plan.bins
        size = SLOTS * self.plan.bins
        for chunk, first in enumerate(range(0, self.hours, CHUNK)):
            index = self.source.rows(chunk, CHUNK)[: self.hours - first]
            for start in range(0, len(index), AT_ONCE):
                some = slice(first + start, min(first + start + AT_ONCE, first + len(index)))
                bins = slots + np.stack(
                    [self._bins(some.start + at, row) for at, row in enumerate(index[start:][:AT_ONCE])]
                )
                bins += (np.arange(len(bins)) * size)[:, None]
                table = np.bincount(bins.ravel(), minlength=len(bins) * size).reshape(len(bins), SLOTS, -1)
                self.counts[some] = table.sum(axis=1)
                self.blocks[some] = table @ groups

    def _bins(self, hour: int, row: Indexes) -> Ints:
        moves = self.source.moves(hour)
        return self.places[row if moves is None else moves[row]]

    def clusterings(self) -> Floats:
        """Return the clustering that each hour knows of: the mean of the last week."""
        statistic, degrees = dispersion(dense(self.blocks))
        return np.maximum(1.0, _rolling(statistic, WEEK) / np.maximum(_rolling(degrees, WEEK), 1))

    def drifts(self, settings: DriftSettings) -> list[tuple[int, HorizonDrift]]:
        """Return (hour, window) of all drift. No score is above its distance, so most windows need no look."""
        clustering, found = self.clusterings(), []
        for horizon in settings.horizons:
            sums = _rolling(self.counts, horizon.hours)
            measure = ks_distance if self.plan.numeric else total_variation
            candidates = np.flatnonzero(measure(self.plan.baseline, sums) > RULE.tolerance)
            for hour in candidates.tolist():
                seen = self._judge(sums[hour], float(clustering[hour]), horizon, settings)
                if seen.standing is Standing.DRIFT:
                    found.append((hour, seen))
        return found

    def _judge(self, bins: Ints, clustering: float, horizon: Horizon, settings: DriftSettings) -> HorizonDrift:
        if self.plan.numeric:
            return judge_numeric(numeric_gap(self.plan, bins, clustering), horizon, RULE, settings)
        return judge_categorical(categorical_gap(self.plan.baseline, bins, clustering), horizon, RULE, settings)

    def simple_rules(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Return rule -> whether it alarms in each hour, for rules that look at one hour alone."""
        n, m = self.plan.rows, ROWS
        if self.plan.numeric:
            distance = ks_distance(self.plan.baseline, self.counts)
            robust = distance - 1.8 * np.sqrt((n + m) / (n * m)) > 0.1
            significant = kolmogorov(distance * np.sqrt(n * m / (n + m))) < 0.05
        else:
            shares = np.abs(self.counts / m - self.plan.baseline / n)
            robust = shares.max(axis=1) - 1.8 * np.sqrt((n + m) / (n * m)) > 0.1
            both = np.stack((np.broadcast_to(self.plan.baseline, self.counts.shape), self.counts), axis=1)
            statistic, degrees = dispersion(both)
            significant = _normal_chi2(statistic, degrees) > 1.645  # one in twenty
        return {"Robust 0.1": robust, "KS or chi2, p < 0.05": significant, "PSI > 0.2": self._psi() > 0.2}

    def _psi(self) -> Floats:
        base = np.bincount(self.plan.groups, weights=self.plan.baseline, minlength=GROUPS) / self.plan.rows
        live = self.blocks.sum(axis=1) / ROWS
        some = (base > 0) | (live > 0).any(axis=0)
        base, live = np.maximum(base[some], 1e-4), np.maximum(live[:, some], 1e-4)
        return ((live - base) * np.log(live / base)).sum(axis=1)


def _complete(plan: Plan, feature: Feature) -> Plan:
    """Return a plan that has every level of the feature, as the product counts new categories one by one."""
    if plan.numeric:
        return plan
    levels = [f"level {code:.0f}" for code in np.unique(feature.values)]
    unseen = [level for level in levels if level not in plan.places]
    base = np.concatenate((plan.baseline[:-2], np.zeros(len(unseen), dtype=np.int64), plan.baseline[-2:]))
    return replace(plan, categories=(*plan.categories, *unseen), baseline=base)


def kolmogorov(scaled: Floats) -> Floats:
    """Return the limiting chance of a scaled distance at least so large: 2 sum (-1)^(k-1) exp(-2 k^2 x^2)."""
    k = np.arange(1, 30)[:, None]
    terms = 2 * (-1.0) ** (k - 1) * np.exp(-2 * k * k * np.maximum(scaled, 0.2) ** 2)
    return np.clip(terms.sum(axis=0), 0, 1)


def _normal_chi2(statistic: Floats, degrees: Ints) -> Floats:
    """Return chi-squared values as about standard normal ones (Wilson, Hilferty, 1931)."""
    k = np.maximum(degrees, 1)
    return (np.cbrt(statistic / k) - (1 - 2 / (9 * k))) / np.sqrt(2 / (9 * k))


def _rolling(values: npt.NDArray[np.generic], hours: int) -> npt.NDArray[np.generic]:
    """Return sums over the last `hours` entries, those that there are."""
    sums = np.cumsum(values, axis=0)
    sums[hours:] = sums[hours:] - sums[:-hours].copy()
    return sums
