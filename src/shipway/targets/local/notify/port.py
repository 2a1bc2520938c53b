"""Notices as the port shows them."""

import builtins
import secrets
from collections.abc import Callable, Sequence

from shipway.domain.notice import Kind, Notice
from shipway.ports.notice import NoticeView
from shipway.targets.local.home import Home
from shipway.targets.local.notify.channel import Channel
from shipway.targets.local.notify.inbox import Inbox
from shipway.targets.local.notify.outbox import Outbox


class LocalNotices:
    """See `ports.notice.Notices`."""

    def __init__(
        self, home: Home, inbox: Inbox, outbox: Outbox, project: str, ways: Callable[[], Sequence[Channel]]
    ) -> None:
        """ways: to people, as the project's file names them now."""
        self._project = project
        self._home = home
        self._inbox = inbox
        self._outbox = outbox
        self._ways = ways

    def list(self, limit: int = 20) -> builtins.list[NoticeView]:
        return [self._view(each) for each in self._inbox.newest(limit)]

    def get(self, number: int) -> NoticeView:
        return self._view(self._inbox.get(number))

    def test(self, *, by: str) -> NoticeView:
        ways = self._ways()
        self._outbox.know(ways)  # one that is set up just now gets it too
        key = f"test:{secrets.token_hex(8)}"
        told = (
            "\n".join(each.label for each in ways) or "no way to people is set up: see [notifications] in shipway.toml"
        )
        self._inbox.write(
            key, Kind.TEST, f"{self._project}: a test of notices, by {by}", f"it goes to\n{told}" if ways else told
        )
        self._home.record(by, "test notices", key)
        written = self._inbox.of_key(key)
        assert written is not None  # noqa: S101  it was written just now
        return self._view(written)

    def _view(self, notice: Notice) -> NoticeView:
        return NoticeView(notice=notice, deliveries=tuple(self._outbox.deliveries(notice.number)))
