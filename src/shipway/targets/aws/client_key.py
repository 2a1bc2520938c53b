"""Keys of the API's clients on API Gateway, also those that were made before there was an API."""

from collections.abc import Iterator
from typing import Any

from shipway.domain import names

OWN = "shipway"  # the client that the target itself is


class Keys:
    """The keys of one project: those whose names begin with its API's. gateway: a client of API Gateway."""

    def __init__(self, gateway: Any, project: str) -> None:
        self._gateway = gateway
        self._api = names.api(project)

    def create(self, client: str, plan: str = "") -> str:
        """Return a new key for a client, let in by a usage plan; without one it waits for `admit`."""
        made = self._gateway.create_api_key(name=self._name(client), enabled=True)
        if plan:
            self._gateway.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
        return str(made["value"])

    def own(self, plan: str) -> str:
        """Return the target's own key, made when it is first asked for."""
        answer = self._gateway.get_api_keys(nameQuery=self._name(OWN), includeValues=True)
        for each in answer["items"]:
            if each["name"] == self._name(OWN):
                return str(each["value"])
        return self.create(OWN, plan)

    def clients(self) -> list[tuple[str, str]]:
        """Return (client, id) of each key, sorted; the target's own is not among them."""
        found = ((each["name"].removeprefix(self._name("")), str(each["id"])) for each in self._all())
        return sorted(each for each in found if each[0] != OWN)

    def remove(self, key: str) -> str:
        """Keep a client out from now on; return its name, "" where there is no key of this id."""
        client = next((name for name, identity in self.clients() if identity == key), "")
        if client:
            self._gateway.delete_api_key(apiKey=key)
        return client

    def remove_all(self) -> int:
        """Keep everybody out, the target too; return how many they were."""
        found = [str(each["id"]) for each in self._all()]
        for identity in found:
            self._gateway.delete_api_key(apiKey=identity)
        return len(found)

    def admit(self) -> int:
        """Let in whoever got a key before there was a usage plan; return how many they were. Safe to repeat."""
        plan = self._plan()
        if not plan:
            return 0
        pages = self._gateway.get_paginator("get_usage_plan_keys").paginate(usagePlanId=plan)
        known = {each["id"] for page in pages for each in page["items"]}
        waiting = [each["id"] for each in self._all() if each["id"] not in known]
        for identity in waiting:
            self._gateway.create_usage_plan_key(usagePlanId=plan, keyId=identity, keyType="API_KEY")
        return len(waiting)

    def _plan(self) -> str:
        pages = self._gateway.get_paginator("get_usage_plans").paginate()
        plans = (each for page in pages for each in page["items"])
        return next((str(each["id"]) for each in plans if each["name"] == self._api), "")

    def _all(self) -> Iterator[dict[str, Any]]:
        for page in self._gateway.get_paginator("get_api_keys").paginate(nameQuery=self._name("")):
            yield from (each for each in page["items"] if each["name"].startswith(self._name("")))

    def _name(self, client: str) -> str:
        return f"{self._api}-{client}"
