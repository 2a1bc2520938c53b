"""Autoscaling of a control plane elsewhere; see `ports.scaling.Scaling`."""

from collections.abc import Sequence

from shipway.ports.scaling import ScalingActivity, ScalingView
from shipway.targets.remote.client import Client


class RemoteScaling:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def state(self) -> Sequence[ScalingView]:
        return self._client.get(list[ScalingView], "/scaling")

    def activities(self, limit: int = 20) -> Sequence[ScalingActivity]:
        return self._client.get(list[ScalingActivity], "/scaling/activities", limit=limit)
