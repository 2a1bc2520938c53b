"""Stacks that are made from lists (functions, features), written as a person would: YAML in blocks."""

import json
import re
from collections.abc import Mapping, Sequence

from shipway.domain.values import Json, JsonObject

PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9_./*-]*(?:::?[A-Za-z*][A-Za-z0-9_*]*)*")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"}
WIDTH = 116


def ref(name: str) -> JsonObject:
    """Return a reference to a parameter or a resource."""
    return {"Ref": name}


def sub(text: str) -> JsonObject:
    """Return a text with ${...} in it."""
    return {"Fn::Sub": text}


def attribute(resource: str, name: str) -> JsonObject:
    """Return an attribute of a resource."""
    return {"Fn::GetAtt": [resource, name]}


def block(document: JsonObject) -> str:
    """Return a document as YAML; the same document gives the same bytes. Top-level sections are set apart."""
    sections = ["\n".join(_entry(key, value, 0)) for key, value in document.items()]
    head = [section for section in sections if "\n" not in section]
    return "\n\n".join(["\n".join(head), *(section for section in sections if "\n" in section)]) + "\n"


def lines(value: Json, depth: int) -> str:
    """Return a mapping or a list as the lines of a block at a depth, "" when it is empty."""
    return "".join(f"{each}\n" if each else "\n" for each in _lines(value, depth)) if value else ""


def _entry(key: str, value: Json, depth: int) -> list[str]:
    pad = "  " * depth
    name = key if PLAIN.fullmatch(key) else json.dumps(key)
    short = inline(value)
    if short is not None and (short.startswith("!") or len(pad) + len(name) + 2 + len(short) <= WIDTH):
        return [f"{pad}{name}: {short}"]
    return [f"{pad}{name}:", *_lines(value, depth + 1)]


def _lines(value: Json, depth: int) -> list[str]:
    pad = "  " * depth
    if isinstance(value, Mapping) and (short := _intrinsic(value)):
        return [f"{pad}{short}"]
    if isinstance(value, Mapping):
        apart = depth == 1 and all(isinstance(each, Mapping) and "Type" in each for each in value.values())
        lines: list[str] = []
        for key, each in value.items():
            lines += ["", *_entry(key, each, depth)] if apart and lines else _entry(key, each, depth)
        return lines
    if isinstance(value, Sequence) and not isinstance(value, str):
        lines = []
        for each in value:
            inner = _lines(each, depth + 1)
            lines.append(f"{pad}- {inner[0].lstrip()}")
            lines += inner[1:]
        return lines
    return [f"{pad}{inline(value)}"]


def inline(value: Json) -> str | None:
    """Return a value on one line, None where blocks read better."""
    if isinstance(value, Mapping):
        return _intrinsic(value) or _flow(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts = [inline(each) for each in value]
        return None if any(part is None or part.startswith(("[", "{")) for part in parts) else f"[{_joined(parts)}]"
    return _scalar(value)


def _flow(value: Mapping[str, Json]) -> str | None:
    """Return a small mapping in braces: conditions and principals, nothing that is read line by line."""
    parts = {key: inline(each) for key, each in value.items()}
    if len(parts) != 1 or any(part is None for part in parts.values()):
        return "{}" if not parts else None
    return f"{{{_joined([f'{key}: {part}' for key, part in parts.items()])}}}"


def _intrinsic(value: Mapping[str, Json]) -> str | None:
    match dict(value):
        case {"Ref": str(name)}:
            return f"!Ref {name}"
        case {"Fn::Sub": str(text)}:
            return f"!Sub {json.dumps(text)}"
        case {"Fn::GetAtt": [str(resource), str(name)]}:
            return f"!GetAtt {resource}.{name}"
    return None


def _joined(parts: Sequence[str | None]) -> str:
    return ", ".join(part or "" for part in parts)


def _scalar(value: Json) -> str:
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
