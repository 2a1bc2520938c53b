"""The annotated reference says everything that can be written, and nothing else."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import shipway.project
from shipway.domain.project import Project
from shipway.domain.units import Size, format_duration
from shipway.project.decode import decode

FILE = Path(shipway.project.__file__).parent / "example.toml"
TEXT = FILE.read_text()


def keys(kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of the dataclasses with its default, tables of the user's own keys as one."""
    for each in fields(kind):
        default = each.default if each.default is not MISSING else each.default_factory
        name = f"{path}{each.name}"
        if is_dataclass(default):
            yield from keys(type(default), f"{name}.")
        else:
            yield name, default() if callable(default) else default


def written() -> Iterator[tuple[str, str, list[str]]]:
    """Yield every key of the file with its line and the comment lines above it."""
    section, above = "", list[str]()
    own = False
    for line in TEXT.splitlines():
        header = re.match(r"\[([a-z_.]+)\]", line)
        key = re.match(r"([a-z_]+) = ", line)
        if header:
            section = header[1]
            own = section in DEFAULTS
            if own:
                yield section, line, above
            above = []
        elif key and not own:
            yield f"{section}.{key[1]}".lstrip("."), line, above
            above = []
        elif line.startswith("# "):
            above = [*above, line]
        elif not line:
            above = []


DEFAULTS = dict(keys(Project))
WRITTEN = {path: (line, above) for path, line, above in written()}


def test_every_key_is_in_the_reference_and_no_other() -> None:
    assert set(WRITTEN) == set(DEFAULTS)


@pytest.mark.parametrize("path", DEFAULTS)
def test_every_key_is_explained(path: str) -> None:
    line, above = WRITTEN[path]
    assert above, f"{line} has no comment above it"


@pytest.mark.parametrize("path", DEFAULTS)
def test_every_key_shows_its_default(path: str) -> None:
    """As its value, or behind "Default:" where the value is an example."""
    line, _ = WRITTEN[path]
    default = DEFAULTS[path]
    said = line.partition("# Default: ")[2]
    if default is MISSING:
        assert said == "none, it must be written"
    elif said:
        assert said == ("none" if default is None else _toml(default))
    else:
        assert line.partition(" = ")[2] == _toml(default)


def _toml(value: Any) -> str:
    """Return a value as it is written in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return f'"{format_duration(value)}"'
    if isinstance(value, Size | str):
        return f'"{value}"'
    if isinstance(value, tuple | dict):
        return "[]" if isinstance(value, tuple) else "{}"
    return repr(value)


def test_the_reference_is_a_valid_project() -> None:
    assert decode(FILE.read_bytes()).name == tomllib.loads(TEXT)["name"]
