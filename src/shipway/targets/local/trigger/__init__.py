"""What starts the pipeline by itself: watching, debouncing, starting once."""

from shipway.targets.local.trigger.triggers import LocalTriggers, Reach

__all__ = ["LocalTriggers", "Reach"]
