"""What goes over HTTP where a port's own values do not fit into JSON: written by the REST API, read by its client."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shipway.domain.capture_table import Exported
from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json
from shipway.ports.document import document, read
from shipway.ports.target import Answer

EXPORTED = "x-exported"  # header: the document of what a table holds, which the table itself cannot carry
WIDEST = 48 << 10  # bytes; http.client reads 64 KiB of a header


class TableTooWide(ShipwayError):
    """The names of a table's columns do not fit into the head of an answer."""

    message = "the table has {columns} columns, whose names are too long together to be sent"
    hint = "write it on the control plane's own machine: shipway capture export"
    exit_code = 2
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """What production answered. body: as text, or base64 where it is none."""

    status: int
    headers: dict[str, str]
    body: str
    base64: bool

    @classmethod
    def of(cls, answer: Answer) -> "AnswerView":
        """Return an answer's document."""
        try:
            text, encoded = answer.body.decode(), False
        except UnicodeDecodeError:
            text, encoded = base64.b64encode(answer.body).decode(), True
        return cls(status=answer.status, headers=answer.headers, body=text, base64=encoded)

    def answer(self) -> Answer:
        """Return the answer itself."""
        raw = base64.b64decode(self.body) if self.base64 else self.body.encode()
        return Answer(status=self.status, headers=self.headers, body=raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Some lines of a log. next: where the following ones begin; ended: whether nothing more will come."""

    lines: tuple[str, ...]
    next: int
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedEvent:
    """One line of an execution's history."""

    number: int
    event: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A new key. It is shown once."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTokenShown:
    """A new API token. It is shown once."""

    name: str
    token: str


def head_of(made: Exported) -> dict[str, str]:
    """Return the header that tells of a table. Raises TableTooWide."""
    told = json.dumps(document(replace(made, path="")))
    if len(told) > WIDEST:
        raise TableTooWide(columns=len(made.columns))
    return {EXPORTED: told}


def exported_of(headers: Mapping[str, str], file: str) -> Exported:
    """Return what a table's header tells, of the file that it is in now."""
    return replace(read(Exported, json.loads(headers[EXPORTED])), path=file)
