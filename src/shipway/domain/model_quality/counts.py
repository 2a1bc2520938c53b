"""Counts of predictions and labels that add up: an hour's, a day's, in any order and as often as needed."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from shipway.domain.model_quality.binary import BINS, Binary
from shipway.domain.model_quality.measure import Measure
from shipway.domain.model_quality.multiclass import Multiclass
from shipway.domain.model_quality.regression import Regression
from shipway.domain.project import Predicts
from shipway.domain.values import Json, JsonObject


class Counts(Protocol):
    """What is kept of many pairs. `rows`: how many pairs; the sum of two is what is kept of all their pairs."""

    @property
    def rows(self) -> int: ...

    def __add__(self, other: Any) -> Any: ...

    def measures(self) -> dict[str, Measure]:
        """Return every measure that the counts give; one that they don't give is left out."""

    def document(self) -> JsonObject:
        """Return the counts as JSON; `counts_from` reads it."""


def empty(predicts: Predicts, threshold: float = 0.5) -> Counts:
    """Return counts of nothing."""
    if predicts is Predicts.BINARY:
        return Binary(threshold=threshold)
    return Multiclass() if predicts is Predicts.MULTICLASS else Regression()


def count(predicts: Predicts, pairs: Iterable[tuple[Json, Json]], threshold: float = 0.5) -> tuple[Counts, int]:
    """Return what is kept of (prediction, label) pairs, and how many of them are not of this kind."""
    kept: list[tuple[Any, Any]] = []
    odd = 0
    for prediction, label in pairs:
        try:
            kept.append(_pair(predicts, prediction, label))
        except (TypeError, ValueError):
            odd += 1
    if predicts is Predicts.MULTICLASS:
        return Multiclass(_confusion(kept)), odd
    if predicts is Predicts.BINARY:
        no, yes = (Counter(min(int(said * BINS), BINS - 1) for said, was in kept if was == label) for label in (0, 1))
        return Binary(no, yes, threshold), odd
    errors = [said - was for said, was in kept]
    sums = [math.fsum(map(f, errors)) for f in (abs, lambda e: e**2, lambda e: e**4)]
    truth = [math.fsum(was for _, was in kept), math.fsum(was * was for _, was in kept)]
    return Regression(len(kept), *sums, *truth), odd


def counts_from(document: JsonObject) -> Counts:
    """Return the counts that `document` has written."""
    kind = Predicts(str(document["predicts"]))
    values: Any = document
    if kind is Predicts.BINARY:
        no, yes = ({int(place): count for place, count in values[name].items()} for name in ("negatives", "positives"))
        return Binary(no, yes, values["threshold"])
    if kind is Predicts.MULTICLASS:
        return Multiclass(values["confusion"])
    return Regression(**{name: value for name, value in values.items() if name != "predicts"})


def _pair(predicts: Predicts, prediction: Json, label: Json) -> tuple[Any, Any]:
    """Return one pair as its problem counts it. Raises TypeError, ValueError when it is not of this kind."""
    if predicts is Predicts.MULTICLASS:
        return _class(prediction), _class(label)
    said, was = float(prediction), float(label)  # type: ignore[arg-type]
    if not (math.isfinite(said) and math.isfinite(was)):
        raise ValueError("not finite")
    if predicts is Predicts.BINARY and not (0 <= said <= 1 and was in (0, 1)):
        raise ValueError("no probability, or a label that is neither 0 nor 1")
    return said, was


def _confusion(pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (said, was), times in Counter(pairs).items():
        table.setdefault(was, {})[said] = times
    return table


def _class(value: Json) -> str:
    """Return a class's name: of a list of scores the place of the greatest; 3.0 and 3 are the same class."""
    if isinstance(value, list):
        scores = [float(each) for each in value]  # type: ignore[arg-type]
        return str(scores.index(max(scores)))
    if isinstance(value, dict) or value is None:
        raise ValueError("no class")
    return str(int(value)) if isinstance(value, int | float) and value == int(value) else str(value)
