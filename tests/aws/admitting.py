"""API Gateway of the account in memory: keys of clients, and the usage plan that lets them in."""

from dataclasses import dataclass, field
from typing import Any

from aws.account import Account, Refusal

Asked = dict[str, Any]


@dataclass
class Admitting:
    """plan: id of the project's usage plan, "" while there is no API. keys: id -> what it is; admitted: their ids."""

    plan: str = ""
    keys: dict[str, Asked] = field(default_factory=dict)
    admitted: list[str] = field(default_factory=list)

    def into(self, account: Account) -> "Admitting":
        """Serve API Gateway's keys in an account."""
        account.serves |= {
            "apigateway.CreateApiKey": self._create,
            "apigateway.GetApiKeys": self._list,
            "apigateway.DeleteApiKey": lambda asked: self.keys.pop(asked["apiKey"]) and {},
            "apigateway.CreateUsagePlanKey": self._admit,
            "apigateway.GetUsagePlans": lambda _: {"items": self._plans()},
            "apigateway.GetUsagePlanKeys": lambda _: {"items": [{"id": each} for each in self.admitted]},
        }
        return self

    def _create(self, asked: Asked) -> Asked:
        identity = f"key{len(self.keys)}"
        self.keys[identity] = {"id": identity, "name": asked["name"], "value": f"secret-{identity}-of-{asked['name']}"}
        return self.keys[identity]

    def _list(self, asked: Asked) -> Asked:
        found = [each for each in self.keys.values() if each["name"].startswith(asked["nameQuery"])]
        hidden = [{name: value for name, value in each.items() if name != "value"} for each in found]
        return {"items": found if asked.get("includeValues") else hidden}

    def _plans(self) -> list[Asked]:
        return [{"id": "other", "name": "other-api"}, *([{"id": self.plan, "name": "tiny-api"}] if self.plan else ())]

    def _admit(self, asked: Asked) -> Asked:
        if asked["keyId"] in self.admitted:
            raise Refusal("ConflictException", status=409)
        self.admitted.append(asked["keyId"])
        return {"id": asked["keyId"]}
