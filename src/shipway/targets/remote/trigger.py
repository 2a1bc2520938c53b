"""The triggers of a control plane elsewhere; see `ports.trigger.Triggers`."""

import builtins
from collections.abc import Sequence

from shipway.domain.pipeline import CauseKind
from shipway.ports.trigger import TriggerFiring, TriggerView
from shipway.targets.remote.client import Client, OnlyThere


class RemoteTriggers:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> Sequence[TriggerView]:
        return self._client.get(builtins.list[TriggerView], "/triggers")

    def history(self, limit: int = 20) -> Sequence[TriggerFiring]:
        return self._client.get(builtins.list[TriggerFiring], "/firings", limit=limit)

    def tell(self, kind: CauseKind, *, by: str) -> bool:
        return self._client.send(bool, "POST", f"/triggers/{kind.value}", {"by": by})

    def install_hook(self) -> Sequence[str]:
        raise OnlyThere(done="told of commits", verb="triggers install-hook")
