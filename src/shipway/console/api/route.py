"""The REST API as a table: each row says what is asked, who may ask, what goes in and what comes out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from shipway.domain.deployment import Ask
from shipway.domain.people import Person, Role
from shipway.domain.pipeline import CauseKind
from shipway.ports.document import DocumentRefused
from shipway.ports.people import Doors
from shipway.ports.target import Target

T = TypeVar("T")
MOST = 2**31 - 1  # of a whole number in an address
JSON = "application/json"
BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value in an address. kind: str, int, bool, datetime or words; default: None makes it required in a query.

    least, most: of a whole number.
    """

    kind: type
    summary: str
    default: object = None
    required: bool = False
    least: int = 1
    most: int = MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that was let in. values: of path and query; body: as the route's type; file: a body kept as it came.

    by: whose doing it is: the person who logged in, or whoever the request names where nobody logs in.
    """

    target: Target
    doors: Doors
    person: Person
    values: Mapping[str, Any]
    body: Any = None
    file: Path | None = None
    named: bool = True

    def by(self, said: str = "") -> str:
        """Return whose doing this is. said: who the request says it is, heard only where nobody has to log in."""
        return self.person.name if self.named else said or self.person.name

    def said(self, kind: type[T]) -> T:
        """Return the body."""
        assert isinstance(self.body, kind)  # noqa: S101  the route's own type
        return self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer that is written as it comes. pieces: closed when the reader goes away."""

    media: str
    pieces: Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row. path: below /api/v1, "{name}" for a value. answer: the type of what comes out, None for nothing.

    body: the type of a JSON document that goes in; takes: the media type of one that is kept as it came. gives: the
    media type of what comes out where it is no JSON document.
    """

    method: str
    path: str
    summary: str
    role: Role
    perform: Callable[[Call], object]
    answer: Any = None
    body: type | None = None
    takes: str = ""
    gives: str = JSON
    query: Mapping[str, Parameter] = field(default_factory=dict)
    status: int = 200

    @property
    def tag(self) -> str:
        """The noun that it is about."""
        return self.path.split("/")[1]

    @property
    def name(self) -> str:
        """Its operation's id."""
        return self.perform.__name__.strip("_")


PATHS = {
    "execution": Parameter(kind=str, summary='An execution\'s id; "latest" is the newest.', required=True),
    "deployment": Parameter(kind=str, summary='A deployment\'s id; "latest" is the newest.', required=True),
    "release": Parameter(kind=int, summary="A release's number.", required=True),
    "order": Parameter(kind=Ask, summary="What is asked of it.", required=True),
    "kind": Parameter(kind=CauseKind, summary="What a trigger looks at: source or data.", required=True),
    "inference": Parameter(kind=str, summary="The x-inference-id of an answer.", required=True),
    "number": Parameter(kind=int, summary="Its number.", required=True),
    "name": Parameter(kind=str, summary="Its name.", required=True),
    "id": Parameter(kind=str, summary="Its id, as listed.", required=True),
}
LIMIT = {"limit": Parameter(kind=int, summary="How many of the newest.", default=50)}


def value_of(parameter: Parameter, name: str, said: str) -> object:
    """Return a value of an address. Raises DocumentRefused."""
    try:
        if parameter.kind is int:
            number = int(said) if said.isascii() and said.isdigit() else -1
            if not parameter.least <= number <= parameter.most:
                raise ValueError(said)
            return number
        if parameter.kind is bool:
            return {"true": True, "false": False}[said]
        if parameter.kind is datetime:
            moment = datetime.fromisoformat(said)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        said.encode()
        if issubclass(parameter.kind, StrEnum):
            return parameter.kind(said)
    except (ValueError, KeyError) as error:
        kinds = {
            int: f"a whole number from {parameter.least} to {parameter.most}",
            bool: "true or false",
            datetime: "a time",
        }
        raise DocumentRefused(path=name, problem=f"must be {kinds.get(parameter.kind, 'one of its words')}") from error
    return said


BY = {"by": Parameter(kind=str, summary="Who does it, where nobody has to log in.", default="")}
