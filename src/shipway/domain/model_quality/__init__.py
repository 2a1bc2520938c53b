"""How good a model's answers were, once the truth is known: counts that add up, measures, and their comparison."""

from shipway.domain.model_quality.compare import Degradation, QualitySettings, QualityVerdict, compare
from shipway.domain.model_quality.counts import Counts, count, counts_from, empty
from shipway.domain.model_quality.coverage import Coverage, due, lacking, sentence, since
from shipway.domain.model_quality.measure import MEASURES, Measure, own_name, predicts_of, settled
from shipway.domain.model_quality.windows import Counted, QualityWindow, Standard, loss, standard_of, windows

__all__ = [
    "MEASURES",
    "Counted",
    "Counts",
    "Coverage",
    "Degradation",
    "Measure",
    "QualitySettings",
    "QualityVerdict",
    "QualityWindow",
    "Standard",
    "compare",
    "count",
    "counts_from",
    "due",
    "empty",
    "lacking",
    "loss",
    "own_name",
    "predicts_of",
    "sentence",
    "settled",
    "since",
    "standard_of",
    "windows",
]
