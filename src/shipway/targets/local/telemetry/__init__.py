"""The metrics of one home: what was measured in each minute, kept in a file of their own."""

from shipway.targets.local.telemetry.port import LocalMetrics
from shipway.targets.local.telemetry.telemetry import Telemetry, Total

__all__ = ["LocalMetrics", "Telemetry", "Total"]
