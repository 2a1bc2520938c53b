"""The public API on API Gateway: one request of the target's own, and keys for clients."""

import urllib.error
import urllib.request
from typing import Any

from shipway.ports.target import Answer, NothingLive
from shipway.targets.aws import stacks
from shipway.targets.aws.account import Account
from shipway.targets.aws.client_key import Keys
from shipway.targets.aws.stack import Stacks

SECONDS = 60


class Gateway:
    """The API of one project."""

    def __init__(self, account: Account, stacks_: Stacks) -> None:
        self._account = account
        self._stacks = stacks_

    @property
    def keys(self) -> Keys:
        """The keys of its clients."""
        return Keys(self._account.client("apigateway"), self._account.project.name)

    def address(self) -> str:
        """Return the API's URL, "" before the first release."""
        found = self._stacks.find("prod")
        return found.outputs.get(stacks.API_URL, "") if found else ""

    def invoke(self, body: bytes, content_type: str, headers: dict[str, str]) -> Answer:
        """Send one request with this target's own key. Raises NothingLive."""
        address = self.address()
        if not address:
            raise NothingLive
        sent = {**headers, "content-type": content_type, "x-api-key": self.keys.own(self._plan())}
        request = urllib.request.Request(address, data=body, headers=sent, method="POST")  # noqa: S310  of the stack
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as got:  # noqa: S310
                return _answer(got)
        except urllib.error.HTTPError as got:
            with got:
                return _answer(got)

    def create_key(self, name: str) -> str:
        """Return a new key for a client; before the first release it is let in as soon as there is an API."""
        return self.keys.create(name, self._plan())

    def _plan(self) -> str:
        found = self._stacks.find("prod")
        return found.outputs.get(stacks.USAGE_PLAN, "") if found else ""


def _answer(got: Any) -> Answer:
    headers = {name.lower(): value for name, value in got.headers.items()}
    return Answer(status=got.status, headers=headers, body=got.read())
