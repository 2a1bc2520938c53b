"""shipway.toml -> Project, strictly: what is not understood is an error, and all errors are told at once."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, cast, get_args, get_origin

from cattrs import Converter
from cattrs.errors import (
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)

from shipway.domain.alarm import Comparison, LowSamples, Missing
from shipway.domain.aws_settings import MonitorKind, SourceKind
from shipway.domain.capture_settings import Compression
from shipway.domain.deployment import Strategy
from shipway.domain.notice import Security
from shipway.domain.project import (
    DataFormat,
    Direction,
    DriftMode,
    FeatureType,
    Predicts,
    Problem,
    Project,
    ProjectInvalid,
    Scalar,
)
from shipway.domain.project_rules import suggestion, validate
from shipway.domain.units import Size, UnitError, parse_duration, parse_size

FILE = "shipway.toml"
CHOICES = (
    *(Compression, DataFormat, Direction, DriftMode, FeatureType, Predicts, Strategy),
    *(Comparison, Missing, LowSamples, Security, SourceKind, MonitorKind),
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class WrongValue(ValueError):
    """One value that its key can't take; `remedy` says what to write."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(problem)


def decode(source: bytes, file: str = FILE) -> Project:
    """Return the project that a shipway.toml defines.

    source: the file's bytes, UTF-8. Raises ProjectInvalid with every problem: a syntax error alone (nothing after
    it can be read), or all wrong keys and values, or all rules that valid values break.
    """
    table = parse(source, file)
    try:
        project = _CONVERTER.structure(table, Project)
    except BaseValidationError as error:
        raise ProjectInvalid.of(file, _problems(error, "")) from None
    problems = validate(project)
    if problems:
        raise ProjectInvalid.of(file, problems)
    return project


def parse(source: bytes, file: str = FILE) -> dict[str, Any]:
    """Return the TOML document; raises ProjectInvalid with the line and column of a syntax error."""
    try:
        return tomllib.loads(source.decode())
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        problem = Problem(path=f"line {line}", problem="is not UTF-8 text", remedy="save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        problem = _syntax(str(error), source.decode())
    raise ProjectInvalid.of(file, [problem])


def _syntax(message: str, text: str) -> Problem:
    """Return the problem of text that is not TOML, with the line as it stands in the file."""
    what, _, place = message.rpartition(" (at ")
    match = re.fullmatch(r"line (\d+), column (\d+)\)", place)
    if match is None:
        end = len(text.splitlines())
        return Problem(path=f"line {end}", problem=f"{what or message} at the end of the file", remedy="complete it")
    if what.startswith("Cannot"):
        what = f"a key or section stands twice ({what[0].lower()}{what[1:]})"
    line, column = int(match[1]), int(match[2])
    written = text.split("\n")[line - 1].strip()
    remedy = f"the line reads: {written}" if written else "see the lines before it"
    return Problem(path=f"line {line}, column {column}", problem=what, remedy=remedy)


def _problems(error: Exception, path: str) -> list[Problem]:
    """Return the problems of a tree of decoding errors, in the file's own words."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        found: list[Problem] = []
        noted, bare = error.group_exceptions()
        for inner, note in noted:
            step = note.index if isinstance(note, IterableValidationNote) else note.name
            found += _problems(inner, _join(path, step))
        for inner in bare:
            found += _problems(inner, path)
        return found
    if isinstance(error, ForbiddenExtraKeysError):
        known = [each.name for each in fields(error.cl)]
        return [
            Problem(path=_join(path, key), problem="unknown key", remedy=suggestion(key, known))
            for key in sorted(error.extra_fields)
        ]
    if isinstance(error, KeyError):
        return [Problem(path=path, problem="is missing", remedy=f'write it: {path} = "my-model"')]
    if isinstance(error, WrongValue | UnitError):
        return [Problem(path=path or FILE, problem=str(error), remedy=error.remedy)]
    raise error


def _join(path: str, step: str | int) -> str:
    """Return the TOML path one step further; a key that TOML would quote is quoted."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    key = step if _BARE.fullmatch(step) else f'"{step}"'
    return f"{path}.{key}" if path else key


def _kind(value: object) -> str:
    """Return what a TOML value is, in words."""
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(value), "a table" if isinstance(value, dict) else "a date or time")


def _exactly(wanted: str, remedy: str, *types: type) -> Callable[[Any, Any], Any]:
    """Return a hook that takes values of these types alone and changes nothing; true is not a number."""

    def take(value: Any, _: Any) -> Any:
        if type(value) not in types:
            raise WrongValue(f"is {_kind(value)}, not {wanted}", remedy)
        return value

    return take


def _with_unit(parse: Callable[[str], Any], noun: str, example: str) -> Callable[[Any, Any], Any]:
    """Return a hook that reads a text with a unit."""

    def take(value: Any, _: Any) -> Any:
        if type(value) is int:
            raise WrongValue(f"is a number without a unit, not {noun}", f'write it as a text with a unit: "{example}"')
        if type(value) is not str:
            raise WrongValue(f"is {_kind(value)}, not {noun}", f'write it as a text with a unit: "{example}"')
        return parse(value)

    return take


def _choice(value: Any, kind: type[StrEnum]) -> StrEnum:
    known = [member.value for member in kind]
    if type(value) is not str:
        raise WrongValue(f"is {_kind(value)}, not a text", f"use one of: {', '.join(known)}")
    if value not in known:
        raise WrongValue(f"{value!r} is not known here", suggestion(value, known))
    return kind(value)


def _scalar(value: Any, _: Any) -> Scalar:
    if type(value) not in (str, int, float, bool):
        remedy = "write a text, a number, true or false"
        raise WrongValue(f"is {_kind(value)}, not a single value", remedy)
    return cast("Scalar", value)


def _converter() -> Converter:
    """Return a converter that never guesses: no text becomes a number, no unknown key is dropped."""
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    hooks: dict[Any, Callable[[Any, Any], Any]] = {
        str: _exactly("a text", 'put it in quotes: "..."', str),
        bool: _exactly("true or false", "write true or false, without quotes", bool),
        int: _exactly("a whole number", "write a whole number, without quotes", int),
        float: _exactly("a number", "write a number, without quotes", float, int),
        Size: _with_unit(parse_size, "a size", "2GiB"),
        timedelta: _with_unit(parse_duration, "a time", "5m"),
        Scalar: _scalar,
    } | dict.fromkeys(CHOICES, _choice)  # each by itself: they are also texts
    for kind, hook in hooks.items():
        converter.register_structure_hook(kind, hook)
    guards: tuple[tuple[Callable[[Any], bool], Callable[[Any], Callable[[Any, Any], Any]]], ...] = (
        (lambda kind: get_origin(kind) is tuple, lambda kind: _list(converter, get_args(kind)[0])),
        (lambda kind: get_origin(kind) is Mapping, lambda kind: _table(converter.gen_structure_mapping(kind))),
        (is_dataclass, lambda kind: _table(converter.gen_structure_attrs_fromdict(kind))),
    )
    for predicate, factory in guards:
        converter.register_structure_hook_factory(predicate, factory)
    return converter


def _table(hook: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Return the hook, guarded: only a table gets to it."""

    def take(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise WrongValue(f"is {_kind(value)}, not a table", "write it as a section in [ ] with its keys below")
        return hook(value, kind)

    return take


def _list(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    """Return a hook for a list of texts, or of tables."""
    read = converter.get_structure_hook(list[kind])
    remedy = 'put it in brackets: ["..."]' if kind is str else "write each with a header of its own in [[ ]]"

    def take(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise WrongValue(f"is {_kind(value)}, not a list", remedy)
        return tuple(read(value, list[kind]))

    return take


_CONVERTER = _converter()
