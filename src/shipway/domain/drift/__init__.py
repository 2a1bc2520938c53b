"""Has a feature drifted from its baseline? Distances become verdicts with a stated rate of false alarms. Pure."""

from shipway.domain.drift.analysis import Analysis, FeatureDrift, analysis_document, read_analysis
from shipway.domain.drift.judge import CategoricalGap, HorizonDrift, NumericGap, judge_categorical, judge_numeric
from shipway.domain.drift.ranking import decided, drifted, ranked
from shipway.domain.drift.report import report_page
from shipway.domain.drift.settings import DAY, HOUR, WEEK, WINDOWS, Comparison, DriftSettings, Horizon, Mode, Rule

__all__ = [
    "DAY",
    "HOUR",
    "WEEK",
    "WINDOWS",
    "Analysis",
    "CategoricalGap",
    "Comparison",
    "DriftSettings",
    "FeatureDrift",
    "Horizon",
    "HorizonDrift",
    "Mode",
    "NumericGap",
    "Rule",
    "analysis_document",
    "decided",
    "drifted",
    "judge_categorical",
    "judge_numeric",
    "ranked",
    "read_analysis",
    "report_page",
]
