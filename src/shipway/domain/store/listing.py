"""Pages of a listing: what is shown, what is rolled up into a common prefix, where the next page starts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Keyed(Protocol):
    """Anything that a listing shows: it has a key, by whose UTF-8 bytes the listing is ordered."""

    @property
    def key(self) -> str:
        """The object's name."""


T = TypeVar("T", bound=Keyed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where to read on: at keys >= `key`, or > `key` when not inclusive.

    within: of the entries under `key` itself, those behind this one (a version or upload id); empty: see inclusive.
    """

    key: str = ""
    inclusive: bool = True
    within: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which entries a page shows. limit: entries and common prefixes together, 0..1000."""

    prefix: str = ""
    delimiter: str = ""
    limit: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page. last: the last entry, or common prefix, that it shows; a next page starts behind it."""

    items: tuple[T, ...]
    prefixes: tuple[str, ...]
    truncated: bool
    last: T | str | None


def common_prefix(key: str, query: Query) -> str | None:
    """Return what the key is rolled up into, or None when it is shown itself."""
    if not query.delimiter:
        return None
    end = key.find(query.delimiter, len(query.prefix))
    return None if end < 0 else key[: end + len(query.delimiter)]


def behind(prefix: str) -> str | None:
    """Return the smallest string greater than every string with this prefix; None when there is none."""
    while prefix:
        code = ord(prefix[-1]) + 1
        if code == 0xD800:  # surrogates are not characters: step over them
            code = 0xE000
        if code <= 0x10FFFF:
            return prefix[:-1] + chr(code)
        prefix = prefix[:-1]
    return None


def after_marker(marker: str, query: Query) -> Position | None:
    """Return the position behind a marker, which may be a key or a common prefix of an earlier page.

    None: nothing can follow.
    """
    if marker.startswith(query.prefix) and common_prefix(marker, query) == marker:
        following = behind(marker)
        return None if following is None else Position(key=following)
    return Position(key=marker, inclusive=False)


def page(seek: Callable[[Position], Iterable[T]], start: Position | None, query: Query) -> Page[T]:
    """Return one page of the entries that `seek` yields in order from a position.

    A common prefix is read once and then jumped over, however many keys lie below it.
    """
    items: list[T] = []
    prefixes: list[str] = []
    last: T | str | None = None
    position = start if start is None or start.key >= query.prefix else Position(key=query.prefix)
    while position is not None:
        jump: str | None = None
        for entry in seek(position):
            if not entry.key.startswith(query.prefix):
                break
            if len(items) + len(prefixes) >= query.limit:
                return Page(items=tuple(items), prefixes=tuple(prefixes), truncated=query.limit > 0, last=last)
            jump = common_prefix(entry.key, query)
            last = jump or entry
            if jump is not None:
                prefixes.append(jump)
                break
            items.append(entry)
        following = behind(jump) if jump else None
        position = None if following is None else Position(key=following)
    return Page(items=tuple(items), prefixes=tuple(prefixes), truncated=False, last=last)
