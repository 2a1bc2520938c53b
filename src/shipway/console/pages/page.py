"""A page of the console: an address, a template, and what is read for it through the ports."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from shipway.console.doors import Visitor
from shipway.domain.people import Role
from shipway.ports.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a page. values: of its address; query: of its address, the first of each name."""

    target: Target
    who: Visitor
    values: Mapping[str, str]
    query: Mapping[str, str]
    now: datetime

    def may(self, role: str) -> bool:
        """Return whether whoever looks may do what a role may."""
        return self.who.person.role.covers(Role(role))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One row. path: below /console, "{name}" for a value. menu: its word in the menu, "" for what is below another.

    load: what its template gets. role: what it takes to look. every: seconds between two looks of a live page.
    """

    path: str
    title: str
    template: str
    load: Callable[[Look], Mapping[str, Any]]
    menu: str = ""
    role: Role = Role.VIEWER
    every: float = 1.0

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return the values in an address of this page, None when it is another page's."""
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), path)
        return found.groupdict() if found else None


def find(pages: Sequence[Page], path: str) -> tuple[Page, Mapping[str, str]] | None:
    """Return the page of an address below /console, and the values in it."""
    for page in pages:
        values = page.match(path.rstrip("/") or "/")
        if values is not None:
            return page, values
    return None


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def query_of(text: str) -> dict[str, str]:
    """Return the first value of each name in an address's query."""
    return {name: values[0] for name, values in parse_qs(text).items()}
