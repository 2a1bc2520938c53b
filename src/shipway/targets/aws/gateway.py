"""The public API on API Gateway: one request of the target's own, and keys for clients."""

import urllib.error
import urllib.request
from typing import Any

from shipway.domain import names
from shipway.ports.target import Answer, NothingLive
from shipway.targets.aws import stacks
from shipway.targets.aws.account import Account
from shipway.targets.aws.stack import Stacks

SECONDS = 60
OWN = "shipway"  # the client that this target is


class Gateway:
    """The API of one project."""

    def __init__(self, account: Account, stacks_: Stacks) -> None:
        self._account = account
        self._stacks = stacks_

    @property
    def _client(self) -> Any:
        return self._account.client("apigateway")

    def address(self) -> str:
        """Return the API's URL, "" before the first release."""
        found = self._stacks.find("prod")
        return found.outputs.get(stacks.API_URL, "") if found else ""

    def invoke(self, body: bytes, content_type: str, headers: dict[str, str]) -> Answer:
        """Send one request with this target's own key. Raises NothingLive."""
        address = self.address()
        if not address:
            raise NothingLive
        sent = {**headers, "content-type": content_type, "x-api-key": self._own_key()}
        request = urllib.request.Request(address, data=body, headers=sent, method="POST")  # noqa: S310  of the stack
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as got:  # noqa: S310
                return _answer(got)
        except urllib.error.HTTPError as got:
            with got:
                return _answer(got)

    def create_key(self, name: str) -> str:
        """Return a new key for a client, let in by the API's usage plan. Raises NothingLive."""
        found = self._stacks.find("prod")
        plan = found.outputs.get(stacks.USAGE_PLAN, "") if found else ""
        if not plan:
            raise NothingLive
        made = self._client.create_api_key(name=self._name(name), enabled=True)
        self._client.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
        return str(made["value"])

    def _own_key(self) -> str:
        answer = self._client.get_api_keys(nameQuery=self._name(OWN), includeValues=True)
        for each in answer["items"]:
            if each["name"] == self._name(OWN):
                return str(each["value"])
        return self.create_key(OWN)

    def _name(self, client: str) -> str:
        return f"{names.api(self._account.project.name)}-{client}"


def _answer(got: Any) -> Answer:
    headers = {name.lower(): value for name, value in got.headers.items()}
    return Answer(status=got.status, headers=headers, body=got.read())
