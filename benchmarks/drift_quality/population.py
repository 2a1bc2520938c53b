"""What is simulated: features of many shapes, as tables of equally likely values; a shift moves the place in them."""

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import polars as pl

from shipway.runtime.analyze.kernel import Floats, Ints

GRID = 65_536
NULLS = 0.02
LEVELS = (3, 10, 50, 1000)
_U = (np.arange(GRID) + 0.5) / GRID
_Z = np.array([NormalDist().inv_cdf(u) for u in _U])


@dataclass(frozen=True)
class Feature:
    """A distribution. values: numbers, or codes of categories, ascending in what a shift means; NaN is missing."""

    name: str
    numeric: bool
    values: Floats

    def series(self, index: npt.NDArray[np.uint16]) -> pl.Series:
        """Return the values at some places of the table, as rows have them."""
        values = self.values[index]
        if self.numeric:
            return pl.Series(self.name, values).fill_nan(None)
        return pl.Series(self.name, [f"level {code:.0f}" for code in values.tolist()])


@cache
def features(count: int) -> tuple[Feature, ...]:
    """Return so many features: of each 20, 16 numeric and 4 of categories; always the same."""
    random = np.random.default_rng(20)
    made = []
    for at in range(count):
        kind, number = at % 20, at // 20
        if kind < 16:
            values = np.sort(_numbers(kind, random))
            if kind % 4 == 3:
                values[-int(GRID * NULLS) :] = np.nan
            made.append(Feature(f"number_{number}_{kind}", True, values))
        else:
            made.append(Feature(f"category_{number}_{kind}", False, _levels(LEVELS[kind - 16])))
    return tuple(made)


def _numbers(kind: int, random: np.random.Generator) -> Floats:
    n = GRID
    shapes = (
        lambda: random.normal(size=n),
        lambda: random.lognormal(0, 1, n),
        lambda: random.gamma(2, 2, n),
        lambda: random.standard_t(3, n),
        lambda: np.where(random.random(n) < 0.4, 0.0, random.exponential(size=n)),
        lambda: np.where(random.random(n) < 0.5, random.normal(-2, 1, n), random.normal(2, 1, n)),
        lambda: random.beta(0.5, 0.7, n),
        lambda: random.normal(0, 3, n).round(1),
        lambda: random.normal(1e6, 1e3, n),
        lambda: random.poisson(4, n),
        lambda: random.integers(0, 100, n),
        lambda: random.geometric(0.3, n),
        lambda: random.random(n) < 0.35,
        lambda: random.weibull(1.5, n),
        lambda: random.uniform(-1, 1, n),
        lambda: random.laplace(size=n),
    )
    return np.asarray(shapes[kind](), dtype=np.float64)


def _levels(count: int) -> Floats:
    """Return codes 0, 1, ... by falling frequency (Zipf, exponent 1)."""
    weights = 1 / np.arange(1, count + 1)
    ends = np.rint(np.cumsum(weights) / weights.sum() * GRID).astype(np.int64)
    return np.searchsorted(ends, np.arange(GRID), side="right").astype(np.float64)


def moved(shift: float) -> Ints:
    """Return where each place of a table goes when everything moves up by `shift` deviations of a normal."""
    return np.minimum(np.interp(_Z + shift, _Z, _U) * GRID, GRID - 1).astype(np.int64)


def shift_for(feature: Feature, distance: float) -> Ints:
    """Return a move after which the feature is `distance` away: KS, or total variation for categories."""
    low, high = 0.0, 8.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _distance(feature, moved(middle)) < distance else (low, middle)
    return moved(high)


def _distance(feature: Feature, move: Ints) -> float:
    kinds, codes = np.unique(feature.values, return_inverse=True)
    before = np.bincount(codes, minlength=len(kinds)) / GRID
    after = np.bincount(codes[move], minlength=len(kinds)) / GRID
    gaps = np.cumsum(after - before) if feature.numeric else np.maximum(after - before, 0).sum()
    return float(np.abs(gaps).max())
