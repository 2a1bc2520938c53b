"""Processing, training and transform jobs under SageMaker's container contract, on this machine."""

from shipway.targets.local.jobs.handlers import handlers
from shipway.targets.local.jobs.jobs import Jobs

__all__ = ["Jobs", "handlers"]
