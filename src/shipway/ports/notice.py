"""What the command line and the console ask about notices to people. The docstrings are the contract."""

import builtins
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shipway.domain.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What has become of a notice on one way to people.

    channel: "mail to ada@example.org". state: waiting, sending, sent or given up. next: when it is tried again.
    error: of the last try.
    """

    channel: str
    state: str
    attempts: int
    sent: datetime | None
    next: datetime | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice and its ways. deliveries: one for each way that is, or was, set up for it."""

    notice: Notice
    deliveries: tuple[Delivery, ...]


class Notices(Protocol):
    """What people were told."""

    def list(self, limit: int = 20) -> builtins.list[NoticeView]:
        """Return the last notices, newest first."""

    def get(self, number: int) -> NoticeView:
        """Return one. Raises NoticeNotFound."""

    def test(self, *, by: str) -> NoticeView:
        """Write a notice that says no more than that it is one; it goes all ways at once.

        Returns before it is delivered: look at it again.
        """
