"""Autoscaling of this machine's endpoints: what was seen, what is decided, and the servers that follow."""

from shipway.targets.local.scaling.records import ScalingRecords
from shipway.targets.local.scaling.scaler import STAGES, Scaler, ScalingReach
from shipway.targets.local.scaling.view import LocalScaling

__all__ = ["STAGES", "LocalScaling", "Scaler", "ScalingReach", "ScalingRecords"]
