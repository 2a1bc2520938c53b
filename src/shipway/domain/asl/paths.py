"""What a path is made of: `$.a[0]`, `$$.Execution.Id`, `$variable.a`, wildcards, slices, filters."""

from dataclasses import dataclass
from typing import TypeAlias

from shipway.domain.values import Json

ROOT = "$"
CONTEXT = "$$"
CURRENT = "@"


@dataclass(frozen=True, slots=True)
class Name:
    """A member of an object, or several of them: `.a`, `['a']`, `['a','b']`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An item of a list, or several: `[0]`, `[-1]`, `[0,2]`."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a list: `[1:3]`, `[-2:]`, `[::2]`."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every member or item."""


@dataclass(frozen=True, slots=True)
class Descend:
    """The node itself and everything below it."""


@dataclass(frozen=True, slots=True)
class Length:
    """How many items, members or characters there are: `.length()`."""


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands and what must hold between them: a comparison, `in` or `nin`."""

    operator: str
    left: "Operand"
    right: "Operand"


@dataclass(frozen=True, slots=True)
class Exists:
    """The path below the candidate finds something."""

    path: "Path"


@dataclass(frozen=True, slots=True)
class Not:
    """The test does not hold."""

    test: "Test"


@dataclass(frozen=True, slots=True)
class Every:
    """All tests hold."""

    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of the tests holds."""

    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """The candidates for which a test holds: `[?(@.size > 3)]`."""

    test: "Test"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Json

    def __hash__(self) -> int:
        return hash(repr(self.value))


Test: TypeAlias = Compare | Exists | Not | Every | Some
Selector: TypeAlias = Name | Index | Slice | Wildcard | Descend | Length | Filter


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. root: `$`, `$$`, `@` (the candidate of a filter), or the name of a variable."""

    text: str
    root: str
    selectors: tuple[Selector, ...]

    @property
    def definite(self) -> bool:
        """Whether it names one node: a value then, a list of values otherwise."""
        last = len(self.selectors) - 1
        return all(single(selector, position == last) for position, selector in enumerate(self.selectors))

    @property
    def reference(self) -> bool:
        """Whether it is a reference path: members and items one by one."""
        return all(
            (isinstance(selector, Name) and len(selector.names) == 1)
            or (isinstance(selector, Index) and len(selector.indexes) == 1)
            for selector in self.selectors
        )


Operand: TypeAlias = Path | Literal


def single(selector: Selector, last: bool) -> bool:
    """Tell whether a selector leads from one node to one node; several members at the end make one object."""
    match selector:
        case Name(names):
            return len(names) == 1 or last
        case Index(indexes):
            return len(indexes) == 1
        case Length():
            return True
        case _:
            return False
