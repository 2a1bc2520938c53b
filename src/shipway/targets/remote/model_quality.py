"""Labels and model quality of a control plane elsewhere; see `ports.model_quality.ModelQuality`."""

from collections.abc import Sequence

from shipway.domain.label import Accepted
from shipway.ports.model_quality import QualityWindow
from shipway.targets.remote.client import Client


class RemoteModelQuality:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def add(self, text: str, *, source: str, by: str) -> Accepted:
        return self._client.send(Accepted, "POST", "/labels", {"text": text, "source": source, "by": by})

    def windows(self, days: int = 14) -> Sequence[QualityWindow]:
        return self._client.get(list[QualityWindow], "/quality", days=days)
