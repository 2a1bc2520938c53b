"""Sums of a model that says how much it is."""

import math
from dataclasses import dataclass

from shipway.domain.model_quality.measure import Measure
from shipway.domain.project import Predicts
from shipway.domain.values import JsonObject


@dataclass(frozen=True, slots=True)
class Regression:
    """Sums over pairs of prediction p and truth y, with e = p - y."""

    rows: int = 0
    absolute: float = 0.0
    squares: float = 0.0
    fourths: float = 0.0
    truth: float = 0.0
    truth_squares: float = 0.0

    def __add__(self, other: "Regression") -> "Regression":
        return Regression(
            self.rows + other.rows,
            self.absolute + other.absolute,
            self.squares + other.squares,
            self.fourths + other.fourths,
            self.truth + other.truth,
            self.truth_squares + other.truth_squares,
        )

    def measures(self) -> dict[str, Measure]:
        """Return MAE and RMSE with their errors (of RMSE by the delta method), and R2 where the truth varies."""
        if not self.rows:
            return {}
        mae, mse = self.absolute / self.rows, self.squares / self.rows
        rmse = math.sqrt(mse)
        spread = math.sqrt(max(self.fourths / self.rows - mse * mse, 0.0) / self.rows)
        found = {
            "mae": Measure(value=mae, error=math.sqrt(max(mse - mae * mae, 0.0) / self.rows)),
            "rmse": Measure(value=rmse, error=spread / (2 * rmse) if rmse else 0.0),
        }
        variance = self.truth_squares - self.truth * self.truth / self.rows
        if variance > 0:
            found["r2"] = Measure(value=1 - self.squares / variance)
        return found

    def document(self) -> JsonObject:
        """Return the sums as JSON."""
        names = ("rows", "absolute", "squares", "fourths", "truth", "truth_squares")
        return {"predicts": Predicts.REGRESSION.value, **{name: getattr(self, name) for name in names}}
