"""Durable executions on one machine."""

from shipway.targets.local.engine.clock import Clock, SystemClock
from shipway.targets.local.engine.engine import Engine
from shipway.targets.local.engine.journal import JournalUnusable

__all__ = ["Clock", "Engine", "JournalUnusable", "SystemClock"]
