"""What drift is held against: the budget of false alarms, tolerances, and the windows that are looked at."""

from dataclasses import dataclass
from enum import StrEnum
from math import log, sqrt

WINDOWS = 720  # hourly windows in the 30 days that a budget is stated for
LEAST_ROWS = 500  # effective rows; below them the clustering of the rows can't be told from drift


class Mode(StrEnum):
    """Whose rule decides: ours, or SageMaker Model Monitor's own numbers."""

    SHIPWAY = "shipway"
    SAGEMAKER = "sagemaker"


class Comparison(StrEnum):
    """Model Monitor's ways to compare; they matter in the sagemaker mode alone."""

    SIMPLE = "Simple"
    ROBUST = "Robust"
    L_INFINITY = "LInfinity"
    CHI_SQUARED = "ChiSquared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """A window that ends now. hours: how far it reaches back, >= 1."""

    name: str
    hours: int

    @classmethod
    def of(cls, hours: int) -> "Horizon":
        """Return the window of so many hours under its usual name: "1h", "24h", "7d"."""
        return cls(name=f"{hours // 24}d" if hours % 24 == 0 and hours > 24 else f"{hours}h", hours=hours)


HOUR, DAY, WEEK = map(Horizon.of, (1, 24, 168))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one feature is held against.

    tolerance: distance that is of no concern, 0..1. numeric, categorical: Model Monitor's way, in its mode.
    compare: false leaves the feature out of the comparison of distributions.
    """

    tolerance: float = 0.05
    compare: bool = True
    numeric: Comparison = Comparison.ROBUST
    categorical: Comparison = Comparison.L_INFINITY


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSettings:
    """The rule of one analysis.

    budget: false alarms that are allowed in 30 days, over all features, horizons and runs together, > 0.
    features: how many are compared, >= 1; windows: how many runs there are in 30 days, >= 1. All share the budget.
    """

    features: int
    budget: float = 0.1
    mode: Mode = Mode.SHIPWAY
    horizons: tuple[Horizon, ...] = (HOUR, DAY, WEEK)
    windows: int = WINDOWS
    least_rows: int = LEAST_ROWS

    @property
    def alpha(self) -> float:
        """The chance of a false alarm that one feature has in one window of one horizon."""
        return min(1.0, self.budget / (self.windows * len(self.horizons) * max(1, self.features)))

    @property
    def constant(self) -> float:
        """The c of the sampling error c * sqrt(1/n + 1/m) that a distance exceeds with a chance of alpha at most.

        From P(D > t) <= 2 exp(-2 t^2 / (1/n + 1/m)).
        Source: Massart, "The Tight Constant in the Dvoretzky-Kiefer-Wolfowitz Inequality", Ann. Probab. 18 (1990).
        """
        return sqrt(log(2 / self.alpha) / 2)
