"""The alarms of one home: evaluated each minute, on record, and as the port shows them."""

from shipway.targets.local.alarm.alarms import STALE, Alarms, Standing
from shipway.targets.local.alarm.port import LocalAlarms, firing

__all__ = ["STALE", "Alarms", "LocalAlarms", "Standing", "firing"]
