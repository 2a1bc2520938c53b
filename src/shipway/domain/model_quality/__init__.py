"""How good a model's answers were, once the truth is known: counts that add up, measures, and their comparison."""

from shipway.domain.model_quality.compare import Degradation, QualitySettings, QualityVerdict, compare
from shipway.domain.model_quality.counts import Counts, count, counts_from, empty
from shipway.domain.model_quality.measure import MEASURES, Measure, own_name, predicts_of, settled

__all__ = [
    "MEASURES",
    "Counts",
    "Degradation",
    "Measure",
    "QualitySettings",
    "QualityVerdict",
    "compare",
    "count",
    "counts_from",
    "empty",
    "own_name",
    "predicts_of",
    "settled",
]
