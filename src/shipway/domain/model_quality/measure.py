"""What can be measured of a model's answers, and which kind of problem the answers and the truth are of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shipway.domain.project import Direction, Predicts
from shipway.domain.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of a window. error: its standard error, None where none is known."""

    value: float
    error: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A measure's direction, and what evaluations call it besides its own name."""

    direction: Direction
    aliases: tuple[str, ...] = ()


_UP, _DOWN = Direction.MAXIMIZE, Direction.MINIMIZE

MEASURES: Mapping[str, Known] = {
    "roc_auc": Known(direction=_UP, aliases=("auc", "AUC")),
    "accuracy": Known(direction=_UP),
    "precision": Known(direction=_UP),
    "recall": Known(direction=_UP),
    "f1": Known(direction=_UP, aliases=("f1_score",)),
    "macro_f1": Known(direction=_UP, aliases=("f1_macro",)),
    "brier_score": Known(direction=_DOWN, aliases=("brier",)),
    "log_loss": Known(direction=_DOWN),
    "calibration": Known(direction=_DOWN, aliases=("expected_calibration_error",)),
    "rmse": Known(direction=_DOWN),
    "mae": Known(direction=_DOWN),
    "r2": Known(direction=_UP),
}


def own_name(metric: str) -> str | None:
    """Return the measure that an evaluation's metric is, None when it is none of these."""
    if metric in MEASURES:
        return metric
    return next((name for name, known in MEASURES.items() if metric in known.aliases), None)


def predicts_of(pairs: Sequence[tuple[Json, Json]]) -> Predicts | None:
    """Return the kind of problem that (prediction, label) pairs are of; None without any.

    Labels 0 and 1 with one number between 0 and 1 as prediction are binary; other numbers on both sides are a
    regression; everything else is classes.
    """
    if not pairs:
        return None
    numbers = all(_number(prediction) and _number(label) for prediction, label in pairs)
    if numbers and all(label in (0, 1) and 0 <= prediction <= 1 for prediction, label in pairs):  # type: ignore[operator]
        return Predicts.BINARY
    return Predicts.REGRESSION if numbers else Predicts.MULTICLASS


def settled(wanted: Predicts, pairs: Sequence[tuple[Json, Json]]) -> Predicts | None:
    """Return the kind of problem that a project says, or what the pairs look like where it says nothing."""
    return predicts_of(pairs) if wanted is Predicts.AUTO else wanted


def _number(value: Json) -> bool:
    return isinstance(value, int | float)
