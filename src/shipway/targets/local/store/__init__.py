"""The object store of the local target."""

from shipway.targets.local.store.store import Store

__all__ = ["Store"]
