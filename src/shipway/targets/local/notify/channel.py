"""A way to people: one mail address, one webhook, one other service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shipway.domain.errors import ShipwayError
from shipway.domain.notice import Message, Notice


class DeliveryFailed(ShipwayError):
    """A message was not taken; it is tried again."""

    message = "{channel} did not take the message: {problem}"
    hint = "it is tried again with growing pauses; see shipway notices show NUMBER"
    exit_code = 1
    status = 502


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is to be delivered.

    id: the same at each try, so that who gets it twice can tell. notices: what the message is about, in their order.
    """

    id: str
    project: str
    message: Message
    notices: Sequence[Notice]
    created: datetime


class Channel(Protocol):
    """A way to people."""

    @property
    def name(self) -> str:
        """What the outbox knows it by: never changes, and holds no secret."""

    @property
    def label(self) -> str:
        """What people know it by."""

    def send(self, parcel: Parcel) -> None:
        """Return once somebody else has taken responsibility for the message. Raises DeliveryFailed."""
