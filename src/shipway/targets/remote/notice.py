"""The notices of a control plane elsewhere; see `ports.notice.Notices`."""

import builtins

from shipway.ports.notice import NoticeView
from shipway.targets.remote.client import Client


class RemoteNotices:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self, limit: int = 20) -> builtins.list[NoticeView]:
        return self._client.get(builtins.list[NoticeView], "/deliveries", limit=limit)

    def get(self, number: int) -> NoticeView:
        return self._client.get(NoticeView, f"/deliveries/{number}")

    def test(self, *, by: str) -> NoticeView:
        return self._client.send(NoticeView, "POST", "/notices/test", {"by": by})
