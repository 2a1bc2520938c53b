"""Batches of a control plane elsewhere; see `ports.batch.Batches`."""

import builtins
from collections.abc import Sequence

from shipway.domain.batch import BatchRequest
from shipway.ports.batch import BatchView
from shipway.targets.remote.client import Client, quoted


class RemoteBatches:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def start(self, request: BatchRequest, *, by: str) -> BatchView:
        return self._client.send(BatchView, "POST", "/batches", {"request": request, "by": by})

    def list(self, limit: int = 20) -> Sequence[BatchView]:
        return self._client.get(builtins.list[BatchView], "/batches", limit=limit)

    def get(self, name: str) -> BatchView:
        return self._client.get(BatchView, f"/batches/{quoted(name)}")

    def stop(self, name: str, *, by: str) -> BatchView:
        return self._client.send(BatchView, "POST", f"/batches/{quoted(name)}/stop", {"by": by})
