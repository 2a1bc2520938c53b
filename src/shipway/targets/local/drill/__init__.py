"""Broken and healthy candidates, deployed for real: does this machine find the ones that it must?"""

from shipway.targets.local.drill.drill import DrillStopped, DrillUnclean, Scale, hold

__all__ = ["DrillStopped", "DrillUnclean", "Scale", "hold"]
