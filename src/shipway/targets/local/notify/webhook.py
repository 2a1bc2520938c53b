"""A webhook: one JSON POST for each message."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shipway.domain import webhook
from shipway.runtime.webhook import NotTaken, post
from shipway.targets.local.notify.channel import DeliveryFailed, Parcel


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address. secret: what the POSTs are signed with; "" signs nothing."""

    url: str
    secret: Callable[[], str]

    @property
    def name(self) -> str:
        """The address as a hash: it may hold a token."""
        return f"webhook:{webhook.name_of(self.url)}"

    @property
    def label(self) -> str:
        """The server, without the rest of the address."""
        return webhook.label_of(self.url)

    def send(self, parcel: Parcel) -> None:
        """POST it; any answer 2xx takes it. Raises DeliveryFailed."""
        body = webhook.encoded(webhook.document(parcel.id, parcel.project, parcel.message, parcel.notices))
        try:
            post(self.url, body, webhook.headers(parcel.id, self.secret(), int(time.time()), body))
        except NotTaken as error:
            raise DeliveryFailed(channel=self.label, problem=str(error)) from error
