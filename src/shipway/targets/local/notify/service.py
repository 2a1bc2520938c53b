"""Another service that Apprise knows (an optional package), named by its address."""

import hashlib
import importlib
import urllib.parse
from dataclasses import dataclass
from typing import Any

from shipway.targets.local.notify.channel import DeliveryFailed, Parcel


@dataclass(frozen=True, slots=True)
class Service:
    """One address of Apprise's, such as "ntfy://topic"."""

    url: str

    @property
    def name(self) -> str:
        """The address as a hash: it holds secrets."""
        return f"apprise:{hashlib.sha256(self.url.encode()).hexdigest()[:16]}"

    @property
    def label(self) -> str:
        """What kind of service it is."""
        return f"service {urllib.parse.urlsplit(self.url).scheme or 'without a name'}"

    def send(self, parcel: Parcel) -> None:
        """Hand it to the service. Raises DeliveryFailed, also where the package is not installed."""
        try:
            apprise: Any = importlib.import_module("apprise")
        except ImportError:
            problem = "the package apprise is not installed: pip install 'shipway[notify]'"
            raise DeliveryFailed(channel=self.label, problem=problem) from None
        services = apprise.Apprise()
        if not services.add(self.url):
            raise DeliveryFailed(channel=self.label, problem="Apprise does not know such an address")
        if not services.notify(title=parcel.message.subject, body=parcel.message.body or parcel.message.subject):
            raise DeliveryFailed(channel=self.label, problem="Apprise could not deliver it")
