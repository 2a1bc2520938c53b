"""The situations: which traffic, how large a baseline, how many features, and what drifts."""

from dataclasses import dataclass

ROWS = 1000  # an hour
STREAM = 1000  # hours of one baseline without drift
WARM = 168  # hours before a drift begins
DRIFTING = 240  # hours of it
COPIES = 20
BURST = 40  # rows of one caller that are alike
BURSTS = 3  # an hour
CYCLE = 0.045  # largest distance of a day's cycle, below the tolerance of 0.05


@dataclass(frozen=True)
class Cell:
    """One situation. traffic: plain, copies, bursts, cycle. distance: of the drift, 0 = none; shifted: how many do."""

    traffic: str
    baseline: int
    features: int = 20
    distance: float = 0.0
    shifted: int = 1

    @property
    def name(self) -> str:
        """What it is called in tables."""
        what = f"D {self.distance:g} x {self.shifted}" if self.distance else "no drift"
        return f"{what}, {self.traffic}, {self.features} features, baseline {self.baseline:,}"


QUIET = [
    Cell(traffic, baseline, features)
    for features in (20, 150)
    for baseline in (742, 10_000, 100_000)
    for traffic in ("plain", "copies", "bursts", "cycle")
]
DRIFTS = [
    Cell("plain", 100_000, distance=0.06, shifted=5),
    Cell("plain", 100_000, distance=0.08),
    Cell("plain", 100_000, distance=0.12),
    Cell("plain", 100_000, distance=0.38),
    Cell("copies", 100_000, distance=0.12, shifted=5),
]
