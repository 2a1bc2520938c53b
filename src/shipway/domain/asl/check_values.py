"""What one field's value must be. A rule yields its complaints, each with the place inside the value."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from shipway.domain.asl.errors import PathSyntaxError
from shipway.domain.asl.intrinsic_parser import PREFIX, Argument, Call, Text, parse_intrinsic
from shipway.domain.asl.path_parser import parse_path
from shipway.domain.asl.paths import CONTEXT, ROOT, Path
from shipway.domain.asl.query import CLOSING, OPENING, expression
from shipway.domain.asl.steps import Jsonata
from shipway.domain.asl.values import is_number, is_whole, kind, timestamp
from shipway.domain.values import Json

MAX_SECONDS = 99_999_998
MAX_NAME = 80
_VARIABLE = re.compile(r"[^\W\d]\w*")
Complaint: TypeAlias = tuple[str, str]  # place inside the value, what is wrong


@dataclass(frozen=True, slots=True)
class Tools:
    """What rules ask beyond the document itself."""

    jsonata: Jsonata | None
    resource_known: Callable[[str], bool] | None


Rule: TypeAlias = Callable[[Json, Tools], Iterator[Complaint]]


def text(value: Json, _: Tools) -> Iterator[Complaint]:
    """Any string."""
    if not isinstance(value, str):
        yield "", f"a string is needed, not {kind(value)}"


def boolean(value: Json, _: Tools) -> Iterator[Complaint]:
    """true or false."""
    if not isinstance(value, bool):
        yield "", f"true or false is needed, not {kind(value)}"


def anything(_value: Json, _tools: Tools) -> Iterator[Complaint]:
    """Any JSON."""
    yield from ()


def list_of_objects(value: Json, _: Tools) -> Iterator[Complaint]:
    """A list of objects."""
    if not isinstance(value, list):
        yield "", f"a list is needed, not {kind(value)}"
        return
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            yield f"[{index}]", f"an object is needed, not {kind(item)}"


def an_object(value: Json, _: Tools) -> Iterator[Complaint]:
    """An object."""
    if not isinstance(value, dict):
        yield "", f"an object is needed, not {kind(value)}"


def whole(lowest: int, highest: int = MAX_SECONDS) -> Rule:
    """A whole number within bounds."""

    def rule(value: Json, _: Tools) -> Iterator[Complaint]:
        if not is_whole(value):
            yield "", f"a whole number is needed, not {kind(value)}"
        elif not lowest <= value <= highest:
            yield "", f"{value} is not between {lowest} and {highest}"

    return rule


def number(lowest: float, highest: float = float("inf")) -> Rule:
    """A number within bounds."""

    def rule(value: Json, _: Tools) -> Iterator[Complaint]:
        if not is_number(value):
            yield "", f"a number is needed, not {kind(value)}"
        elif not lowest <= value <= highest:
            bounds = f"between {lowest:g} and {highest:g}" if highest < float("inf") else f"at least {lowest:g}"
            yield "", f"{value} is not {bounds}"

    return rule


def one_of(*allowed: str) -> Rule:
    """One of some words."""

    def rule(value: Json, _: Tools) -> Iterator[Complaint]:
        if value not in allowed:
            yield "", f"{value!r} is none of {', '.join(allowed)}"

    return rule


def moment(value: Json, _: Tools) -> Iterator[Complaint]:
    """A timestamp."""
    if timestamp(value) is None:
        yield "", f"{value!r} is not a timestamp such as 2030-01-31T12:00:00Z"


def _parsed(value: Json) -> tuple[Path | None, str]:
    if not isinstance(value, str):
        return None, f"a path is needed, not {kind(value)}"
    try:
        return parse_path(value), ""
    except PathSyntaxError as error:
        return None, f"{value!r} is not a path: {error}"


def path(value: Json, _: Tools) -> Iterator[Complaint]:
    """A path into the data, the context object or a variable."""
    wrong = _parsed(value)[1]
    if wrong:
        yield "", wrong


def reference_path(value: Json, _: Tools) -> Iterator[Complaint]:
    """A path that names a single node."""
    parsed, wrong = _parsed(value)
    if parsed is None:
        yield "", wrong
    elif not parsed.reference:
        yield "", f"{value!r} is not a reference path: it could name several nodes"


def result_path(value: Json, tools: Tools) -> Iterator[Complaint]:
    """A reference path into the input, or null."""
    if value is None:
        return
    complaints = list(reference_path(value, tools))
    yield from complaints
    parsed = _parsed(value)[0]
    if not complaints and parsed is not None and parsed.root != ROOT:
        where = "the context object" if parsed.root == CONTEXT else "a variable"
        yield "", f"{value!r} is in {where}; a result can only be put into the input"


def nullable(rule: Rule) -> Rule:
    """What `rule` wants, or null."""

    def relaxed(value: Json, tools: Tools) -> Iterator[Complaint]:
        if value is not None:
            yield from rule(value, tools)

    return relaxed


def path_or_call(value: Json, tools: Tools) -> Iterator[Complaint]:
    """A path or an intrinsic call."""
    if isinstance(value, str) and value.startswith(PREFIX):
        yield from _intrinsic(value)
    else:
        yield from path(value, tools)


def text_path(value: Json, tools: Tools) -> Iterator[Complaint]:
    """A reference path, or a call of a function that makes text."""
    if isinstance(value, str) and value.startswith(PREFIX):
        yield from _intrinsic(value)
    else:
        yield from reference_path(value, tools)


def _intrinsic(value: str) -> Iterator[Complaint]:
    try:
        called = parse_intrinsic(value)
    except PathSyntaxError as error:
        yield "", f"{value!r}: {error}"
    else:
        yield from (("", f"{value!r}: {wrong}") for wrong in _braces(called))


def _braces(argument: Argument) -> Iterator[str]:
    """Complain of literal templates whose places and values differ in number."""
    if not isinstance(argument, Call):
        return
    first = argument.arguments[0] if argument.arguments else None
    if argument.function == "States.Format" and isinstance(first, Text):
        bare = re.sub(r"\\.", "", first.raw, flags=re.DOTALL)
        places, values = bare.count("{}"), len(argument.arguments) - 1
        if places != values:
            yield f"the template has {places} places for {values} values"
        if re.search(r"[{}]", bare.replace("{}", "")):
            yield "a brace that is meant as text needs a backslash"
    for inner in argument.arguments:
        yield from _braces(inner)


def template(value: Json, tools: Tools) -> Iterator[Complaint]:
    """A payload template: members whose names end in `.$` hold paths or calls."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _below(f"[{index}]", template(item, tools))
    elif isinstance(value, dict):
        for name, item in value.items():
            if not name.endswith(".$"):
                yield from _below(f".{name}", template(item, tools))
                continue
            yield from _below(f".{name}", path_or_call(item, tools))
            if name[:-2] in value:
                yield f".{name}", f"{name[:-2]!r} is there too: one of them would be lost"


def jsonata(value: Json, tools: Tools) -> Iterator[Complaint]:
    """JSON in which strings in `{% %}` are expressions."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _below(f"[{index}]", jsonata(item, tools))
    elif isinstance(value, dict):
        for name, item in value.items():
            if name.endswith(".$"):
                yield f".{name}", "names that end in .$ belong to JSONPath states; write the expression as {% ... %}"
            yield from _below(f".{name}", jsonata(item, tools))
    elif isinstance(value, str):
        yield from _expression(value, tools)


def _expression(value: str, tools: Tools) -> Iterator[Complaint]:
    code = expression(value)
    if code is None:
        if value.strip().startswith(OPENING) or value.strip().endswith(CLOSING):
            yield "", f"{value!r}: an expression is the whole string, from {{% to %}}, without a space around it"
    elif not code:
        yield "", "the expression is empty"
    elif tools.jsonata is not None:
        wrong = tools.jsonata.problem(code)
        if wrong:
            yield "", f"{value!r} is not JSONata: {wrong}"


def or_expression(rule: Rule) -> Rule:
    """What `rule` wants, or a JSONata expression."""

    def either(value: Json, tools: Tools) -> Iterator[Complaint]:
        if isinstance(value, str) and value.startswith(OPENING):
            yield from _expression(value, tools)
        else:
            yield from rule(value, tools)

    return either


def condition(value: Json, tools: Tools) -> Iterator[Complaint]:
    """A JSONata expression, or a boolean."""
    if isinstance(value, bool):
        return
    if not isinstance(value, str) or expression(value) is None:
        yield "", "a JSONata expression {% ... %} is needed"
        return
    yield from _expression(value, tools)


def assign(values: Rule) -> Rule:
    """An object of variables; `values` checks the object as a whole."""

    def rule(value: Json, tools: Tools) -> Iterator[Complaint]:
        if not isinstance(value, dict):
            yield "", f"an object is needed, not {kind(value)}"
            return
        for name in value:
            bare = name.removesuffix(".$")
            if bare == "states":
                yield f".{name}", "the variable name states is reserved"
            elif not _VARIABLE.fullmatch(bare) or len(bare) > MAX_NAME:
                yield f".{name}", f"{bare!r} is not a variable name of at most {MAX_NAME} letters, digits and _"
        yield from values(value, tools)

    return rule


def _below(place: str, complaints: Iterator[Complaint]) -> Iterator[Complaint]:
    return ((place + inner, wrong) for inner, wrong in complaints)
