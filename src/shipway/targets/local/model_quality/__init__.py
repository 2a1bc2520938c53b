"""Predictions, labels and their counts by the hour: kept in a file of their own, joined by inference id."""

from shipway.targets.local.model_quality.quality import LocalModelQuality, Sources

__all__ = ["LocalModelQuality", "Sources"]
