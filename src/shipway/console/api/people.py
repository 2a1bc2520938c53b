"""People and API tokens over HTTP."""

from collections.abc import Sequence

from shipway.console.api.bodies import NewPerson, NewToken, PersonChange, Whoami
from shipway.console.api.route import BY, Call, Route
from shipway.domain.people import Person, Role, RoleTooLow, Token, lesser
from shipway.ports.wire import NewTokenShown


def who_am_i(call: Call) -> Whoami:
    """Return who asks."""
    return Whoami(name=call.person.name, role=call.person.role, login=call.named)


def list_people(call: Call) -> Sequence[Person]:
    """Return everybody who may log in."""
    return call.target.people.list()


def add_person(call: Call) -> Person:
    """Let somebody in."""
    said = call.said(NewPerson)
    return call.target.people.add(said.name, said.role, said.password, by=call.by(said.by))


def change_person(call: Call) -> Person:
    """Give a person another role or password."""
    said = call.said(PersonChange)
    name = call.values["name"]
    return call.target.people.change(name, by=call.by(said.by), role=said.role, password=said.password)


def remove_person(call: Call) -> None:
    """Keep a person out."""
    call.target.people.remove(call.values["name"], by=call.by(call.values["by"]))


def list_tokens(call: Call) -> Sequence[Token]:
    """Return API tokens: an admin's view of all, else one's own."""
    found = call.target.people.tokens()
    own = [each for each in found if each.person == call.person.name]
    return found if call.person.role is Role.ADMIN else own


def create_token(call: Call) -> NewTokenShown:
    """Make an API token, of oneself, or as an admin of anybody; it can do no more than its maker may."""
    said, person = call.said(NewToken), call.person
    owner = said.person or person.name
    if owner != person.name and person.role is not Role.ADMIN:
        raise RoleTooLow(name=person.name, role=person.role.value, needed=Role.ADMIN.value)
    role = lesser(said.role, person.role)
    secret = call.target.people.create_token(owner, said.name, role, by=call.by(said.by), expires=said.expires)
    return NewTokenShown(name=said.name, token=secret)


def revoke_token(call: Call) -> None:
    """End an API token, one's own, or as an admin anybody's."""
    name, person = call.values["id"], call.person
    own = {each.id for each in call.target.people.tokens() if each.person == person.name}
    if person.role is not Role.ADMIN and name not in own:
        raise RoleTooLow(name=person.name, role=person.role.value, needed=Role.ADMIN.value)
    call.target.people.revoke_token(name, by=call.by(call.values["by"]))


ROUTES = (
    Route(method="GET", path="/whoami", summary="Who asks", role=Role.VIEWER, perform=who_am_i, answer=Whoami),
    Route(
        method="GET",
        path="/people",
        summary="List people",
        role=Role.ADMIN,
        perform=list_people,
        answer=Sequence[Person],
    ),
    Route(
        method="POST",
        path="/people",
        summary="Let somebody in",
        role=Role.ADMIN,
        perform=add_person,
        answer=Person,
        body=NewPerson,
        status=201,
    ),
    Route(
        method="PATCH",
        path="/people/{name}",
        summary="Another role or password",
        role=Role.ADMIN,
        perform=change_person,
        answer=Person,
        body=PersonChange,
    ),
    Route(
        method="DELETE",
        path="/people/{name}",
        summary="Keep somebody out",
        role=Role.ADMIN,
        perform=remove_person,
        query=BY,
        status=204,
    ),
    Route(
        method="GET",
        path="/tokens",
        summary="List API tokens",
        role=Role.VIEWER,
        perform=list_tokens,
        answer=Sequence[Token],
    ),
    Route(
        method="POST",
        path="/tokens",
        summary="Make an API token",
        role=Role.VIEWER,
        perform=create_token,
        answer=NewTokenShown,
        body=NewToken,
        status=201,
    ),
    Route(
        method="DELETE",
        path="/tokens/{id}",
        summary="End an API token",
        role=Role.VIEWER,
        perform=revoke_token,
        query=BY,
        status=204,
    ),
)
