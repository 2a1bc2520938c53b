"""The monitor: analyses each hour's captures of the live release, and tells what has drifted."""

from shipway.targets.local.monitor.monitor import LocalMonitor, Tools

__all__ = ["LocalMonitor", "Tools"]
