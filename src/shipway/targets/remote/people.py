"""The people of a control plane elsewhere; see `ports.people.People`."""

import builtins
from collections.abc import Sequence
from datetime import datetime

from shipway.domain.people import Person, Role, Token
from shipway.ports.wire import NewTokenShown
from shipway.targets.remote.client import Client, quoted


class RemotePeople:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> Sequence[Person]:
        return self._client.get(builtins.list[Person], "/people")

    def add(self, name: str, role: Role, password: str, *, by: str) -> Person:
        said = {"name": name, "role": role.value, "password": password, "by": by}
        return self._client.send(Person, "POST", "/people", said)

    def change(self, name: str, *, by: str, role: Role | None = None, password: str | None = None) -> Person:
        said = {"role": role.value if role else None, "password": password, "by": by}
        return self._client.send(Person, "PATCH", f"/people/{quoted(name)}", said)

    def remove(self, name: str, *, by: str) -> None:
        self._client.send(object, "DELETE", f"/people/{quoted(name)}", by=by)

    def tokens(self) -> builtins.list[Token]:
        return self._client.get(builtins.list[Token], "/tokens")

    def create_token(self, person: str, name: str, role: Role, *, by: str, expires: datetime | None = None) -> str:
        said = {"person": person, "name": name, "role": role.value, "by": by, "expires": expires}
        return self._client.send(NewTokenShown, "POST", "/tokens", said).token

    def revoke_token(self, token: str, *, by: str) -> None:
        self._client.send(object, "DELETE", f"/tokens/{quoted(token)}", by=by)
